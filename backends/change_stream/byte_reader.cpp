#include "backends/change_stream/byte_reader.hpp"

namespace respgres::change_stream {

timestamp byte_reader::time() {
    const auto made = from_postgres(static_cast<std::int64_t>(u64()));
    if (!made) fail("a time that no clock shows");
    return made.value_or(timestamp{});
}

std::string_view byte_reader::text() {
    const std::size_t end = failed() ? std::string_view::npos : input_.find('\0', at_);
    last_ = at_;
    if (end == std::string_view::npos) {
        fail("a text without end");
        return {};
    }
    at_ = end + 1;
    return input_.substr(last_, end - last_);
}

std::string_view byte_reader::bytes(std::size_t count) {
    last_ = at_;
    if (count > input_.size() - at_) fail("the message ends too soon");
    if (failed()) return {};
    at_ += count;
    return input_.substr(last_, count);
}

void byte_reader::end() {
    if (at_ != input_.size()) fail_at(at_, "bytes behind the message's end");
}

void byte_reader::fail_at(std::size_t offset, std::string_view what) {
    if (failed()) return;
    what_ = what;
    wrong_at_ = offset;
}

backends::failure byte_reader::failure(std::string_view context) const {
    return {
        backends::errc::protocol_error, std::string(what_) + " at byte " + std::to_string(wrong_at_) + " of " + std::string(context), {}};
}

}  // namespace respgres::change_stream
