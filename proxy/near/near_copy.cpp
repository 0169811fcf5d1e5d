#include "proxy/near/near_copy.hpp"

#include <charconv>

namespace respgres::proxy {

namespace {

// A bulk string, array, map or set in which something is.
bool is_value(std::string_view reply) {
    constexpr std::string_view types = "$*%~";
    return reply.size() > 1 && types.find(reply[0]) != types.npos && reply[1] >= '1' && reply[1] <= '9';
}

}  // namespace

void near_copy::begin(time_point now) {
    bytes_.clear();
    asked_ = now;
    may_be_kept_ = true;
}

void near_copy::take(near_cache& near, std::string_view key, std::string_view bytes, bool complete) {
    may_be_kept_ = may_be_kept_ && bytes_.size() + bytes.size() <= near.longest_reply();
    if (may_be_kept_) bytes_.append(bytes);
    if (!complete) return;
    may_be_kept_ = may_be_kept_ && is_value(bytes_);
    stamp_ = near.stamp_of(key);
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
