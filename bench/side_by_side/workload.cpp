#include "bench/side_by_side/workload.hpp"

#include "protocol/resp/reply_writer.hpp"

#include <algorithm>
#include <array>

namespace respgres::side_by_side {

namespace {

constexpr std::size_t encoded_batches = 512;   // small enough for the client's cache at depth 16

constexpr std::size_t ok_bytes = 5;            // +OK
constexpr std::size_t empty_bytes = 4;         // *0, where a target without a database says that the key is absent
constexpr std::size_t bulk_of_100 = 6 + 100 + 2;
constexpr std::size_t bulk_of_16k = 8 + 16384 + 2;

constexpr std::array workloads{
    workload{"hit", "hit: GET 100 B of a mapped key", verb::get, "bench_hit:", 10'000, 100, 1, bulk_of_100, preparation::read_through,
             10'000},
    workload{"hit_16", "hit: the same, 16 deep", verb::get, "bench_hit:", 10'000, 100, 16, bulk_of_100, preparation::read_through, 0},
    workload{"get", "pass-through: GET 100 B", verb::get, "plain:100:", 10'000, 100, 1, bulk_of_100, preparation::store, 10'000},
    workload{"get_16", "pass-through: GET 100 B, 16 deep", verb::get, "plain:100:", 10'000, 100, 16, bulk_of_100, preparation::store, 0},
    workload{"set", "pass-through: SET 100 B", verb::set, "plain:set:", 10'000, 100, 1, ok_bytes, preparation::store, 10'000},
    workload{"set_16", "pass-through: SET 100 B, 16 deep", verb::set, "plain:set:", 10'000, 100, 16, ok_bytes, preparation::store, 0},
    workload{"get_16k", "pass-through: GET 16 KiB", verb::get, "plain:16k:", 1'000, 16'384, 1, bulk_of_16k, preparation::store, 5'000},
    workload{"miss", "miss: HGETALL event:{id}, each key once", verb::hgetall, "event:", 0, 0, 1, empty_bytes, preparation::none, 1'000},
};

std::string_view name_of(verb command) {
    constexpr std::array<std::string_view, 3> names{"GET", "SET", "HGETALL"};
    return names[static_cast<std::size_t>(command)];
}

}  // namespace

std::span<const workload> all_workloads() {
    return workloads;
}

void append_request(std::string& out, const workload& what, std::uint64_t number) {
    const std::string key = std::string(what.prefix) + std::to_string(number);
    protocol::append_array_header(out, what.command == verb::set ? 3 : 2);
    protocol::append_bulk(out, name_of(what.command));
    protocol::append_bulk(out, key);
    if (what.command == verb::set) protocol::append_bulk(out, std::string(what.value_bytes, 'x'));
}

random_commands::random_commands(const workload& what, std::uint64_t seed) : batches_(encoded_batches) {
    bookmaker::random_stream random(seed);
    for (std::string& batch : batches_)
        for (std::size_t i = 0; i < what.depth; ++i) append_request(batch, what, 1 + random.below(what.keys));
}

std::string_view random_commands::next_batch() {
    next_ = (next_ + 1) % batches_.size();
    return batches_[next_];
}

std::string_view each_key_once::next_batch() {
    batch_.clear();
    // A batch that would not be full is not sent: the receiver counts on `depth` replies.
    if (last_ < next_ || last_ - next_ + 1 < what_.depth) return batch_;
    for (std::size_t i = 0; i < what_.depth; ++i) append_request(batch_, what_, next_++);
    return batch_;
}

}  // namespace respgres::side_by_side
