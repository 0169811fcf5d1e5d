#pragma once

#include "bench/bookmaker/random_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::side_by_side {

enum class verb : std::uint8_t { get, set, hgetall };

// Where the keys of a line are before it is measured.
enum class preparation : std::uint8_t {
    none,    // nowhere: each request asks for a key of its own, once
    store,   // in Redis
    near,    // in Redis, and in the near cache of each proxy, which the proxy's own counter shows
};

// One contestant of a line.
struct lane {
    std::string_view name;     // in the CSV
    std::string_view target;   // that is asked
    std::string_view prefix;   // of the keys, instead of the line's; empty: the line's
};

// What one line of the table measures.
struct workload {
    std::string_view id;               // in the CSV
    std::string_view title;
    verb command;
    std::string_view prefix;           // of its keys: prefix + number
    std::size_t keys;                  // how many; with preparation::none the database says it
    std::size_t value_bytes;           // of what is stored
    std::size_t depth;                 // commands of a connection that are under way at once
    preparation before;
    double open_rate;                  // requests per second of the open loop; 0 = none
    std::span<const lane> lanes;       // the first one is what the others are compared with
};

std::span<const workload> all_workloads();

// What need not be measured is sent so deep, where the number of keys allows it.
constexpr std::size_t bulk_depth = 50;

// The keys that are stored have the numbers first_number(keys) .. first_number(keys) + keys - 1: all of the same number of digits, so that all
// requests of a line are of one size.
std::uint64_t first_number(std::size_t keys);

// Appends a command of the workload on the key of this number.
void append_request(std::string& out, const workload& what, std::string_view prefix, std::uint64_t number);
// Appends the command that stores the key in Redis, with a time to live, without which a proxy would not keep it.
void append_store(std::string& out, const workload& what, std::string_view prefix, std::uint64_t number);

// The reply to each command of a line, where all have the same one: how it begins, and its size. Empty: they differ.
struct uniform_reply {
    std::string head;
    std::size_t bytes = 0;
};
uniform_reply reply_to(const workload& what);

// What a connection sends in one go: `depth` commands.
class command_source {
public:
    virtual ~command_source() = default;
    virtual std::string_view next_batch() = 0;  // valid until the next call; empty when there is nothing left
};

// Random keys of those that are stored. Encoded once; then only the numbers are written anew: the client shall be no slower than it must.
class random_commands final : public command_source {
public:
    random_commands(const workload& what, std::string_view prefix, std::uint64_t seed);
    std::string_view next_batch() override;

private:
    bookmaker::random_stream random_;
    std::uint64_t first_;
    std::size_t keys_;
    std::size_t digits_;
    std::string batch_;
    std::vector<std::size_t> numbers_;  // where they stand in the batch
};

// The keys `first` .. `last`, each once, in batches of at most `depth`; those of a line that is deeper than one must all be full.
class each_key_once final : public command_source {
public:
    using append = void (*)(std::string& out, const workload& what, std::string_view prefix, std::uint64_t number);

    each_key_once(const workload& what, std::string_view prefix, std::uint64_t first, std::uint64_t last, append command = append_request)
        : what_(what), prefix_(prefix), command_(command), next_(first), last_(last) {}
    std::string_view next_batch() override;

private:
    const workload& what_;
    std::string_view prefix_;
    append command_;
    std::uint64_t next_;
    std::uint64_t last_;
    std::string batch_;
};

}  // namespace respgres::side_by_side
