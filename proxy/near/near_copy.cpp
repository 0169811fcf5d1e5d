#include "proxy/near/near_copy.hpp"

#include "protocol/commands/empty_reply.hpp"

#include <charconv>

namespace respgres::proxy {

void near_copy::begin(time_point now) {
    bytes_.clear();
    asked_ = now;
    has_begun_ = may_be_kept_ = false;
}

void near_copy::take(near_cache& near, std::string_view key, std::string_view bytes, bool complete) {
    if (!has_begun_) may_be_kept_ = protocol::begins_present_bulk(bytes);
    has_begun_ = true;
    may_be_kept_ = may_be_kept_ && bytes_.size() + bytes.size() <= near.longest_reply();
    if (may_be_kept_) bytes_.append(bytes);
    if (complete) stamp_ = near.stamp_of(key);
}

void near_copy::keep(near_cache& near, const mapping* source, std::string_view key, std::chrono::milliseconds lives) const {
    if (lives.count() > 0) near.put(source, key, bytes_, stamp_, asked_ + lives);
}

void near_copy::rest() {
    constexpr std::size_t much = 4096;
    if (bytes_.capacity() > much) std::string().swap(bytes_);
}

std::int64_t time_to_live_in(std::string_view reply) {
    std::int64_t left = -2;
    if (reply.starts_with(':')) std::from_chars(reply.data() + 1, reply.data() + reply.size(), left);
    return left;
}

}  // namespace respgres::proxy
