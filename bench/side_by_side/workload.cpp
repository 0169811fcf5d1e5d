#include "bench/side_by_side/workload.hpp"

#include "protocol/resp/reply_writer.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::side_by_side {

namespace {

std::string_view name_of(verb command) {
    constexpr std::string_view names[] = {"GET", "SET", "HGETALL"};
    return names[static_cast<std::size_t>(command)];
}

std::string key_of(std::string_view prefix, std::uint64_t number) {
    return std::string(prefix) + std::to_string(number);
}

}  // namespace

std::uint64_t first_number(std::size_t keys) {
    std::uint64_t first = 1;
    while (first < keys) first *= 10;
    return first;
}

void append_request(std::string& out, const workload& what, std::string_view prefix, std::uint64_t number) {
    protocol::append_array_header(out, what.command == verb::set ? 3 : 2);
    protocol::append_bulk(out, name_of(what.command));
    protocol::append_bulk(out, key_of(prefix, number));
    if (what.command == verb::set) protocol::append_bulk(out, std::string(what.value_bytes, 'x'));
}

void append_store(std::string& out, const workload& what, std::string_view prefix, std::uint64_t number) {
    protocol::append_array_header(out, 5);
    protocol::append_bulk(out, "SET");
    protocol::append_bulk(out, key_of(prefix, number));
    protocol::append_bulk(out, std::string(what.value_bytes, 'x'));
    protocol::append_bulk(out, "EX");
    protocol::append_bulk(out, "43200");
}

uniform_reply reply_to(const workload& what) {
    if (what.command == verb::hgetall) return {};
    if (what.command == verb::set) return {"+OK\r\n", 5};
    const std::string head = "$" + std::to_string(what.value_bytes) + "\r\n";
    return {head, head.size() + what.value_bytes + 2};
}

random_commands::random_commands(const workload& what, std::string_view prefix, std::uint64_t seed)
    : random_(seed), first_(first_number(what.keys)), keys_(what.keys), digits_(std::to_string(first_).size()) {
    const std::string key = key_of(prefix, first_);
    for (std::size_t i = 0; i < what.depth; ++i) {
        const std::size_t begin = batch_.size();
        append_request(batch_, what, prefix, first_);
        numbers_.push_back(batch_.find(key, begin) + prefix.size());
    }
}

std::string_view random_commands::next_batch() {
    for (const std::size_t at : numbers_) std::to_chars(batch_.data() + at, batch_.data() + at + digits_, first_ + random_.below(keys_));
    return batch_;
}

std::string_view each_key_once::next_batch() {
    batch_.clear();
    // A batch that would not be full is not sent: the receiver counts on `depth` replies.
    if (last_ < next_ || last_ - next_ + 1 < what_.depth) return batch_;
    for (std::size_t i = 0; i < what_.depth; ++i) command_(batch_, what_, prefix_, next_++);
    return batch_;
}

}  // namespace respgres::side_by_side
