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

// Where the keys of a line come from before it is measured.
enum class preparation : std::uint8_t {
    none,           // they are not there: each request asks for a key of its own, once
    store,          // written to the first target, which is Redis itself
    read_through,   // read once through the target that fills
};

// What one line of the table measures.
struct workload {
    std::string_view id;               // in the CSV
    std::string_view title;
    verb command;
    std::string_view prefix;           // of its keys: prefix + number
    std::size_t keys;                  // numbers 1 .. keys; with preparation::none: none, the database says how many
    std::size_t value_bytes;           // of what is stored
    std::size_t depth;                 // commands of a connection that are under way at once
    std::size_t least_reply_bytes;     // a shorter reply is an error: the key was not there
    preparation before;
    double open_rate;                  // requests per second of the open loop; 0 = none
};

std::span<const workload> all_workloads();

// Appends a command of the workload on the key of this number.
void append_request(std::string& out, const workload& what, std::uint64_t number);

// What a connection sends in one go: `depth` commands.
class command_source {
public:
    virtual ~command_source() = default;
    virtual std::string_view next_batch() = 0;   // valid until the next call; empty when there is nothing left
};

// Random keys out of `keys`, encoded beforehand: the client shall be no slower than it must.
class random_commands final : public command_source {
public:
    random_commands(const workload& what, std::uint64_t seed);
    std::string_view next_batch() override;

private:
    std::vector<std::string> batches_;
    std::size_t next_ = 0;
};

// The keys `first` .. `last`, each once.
class each_key_once final : public command_source {
public:
    each_key_once(const workload& what, std::uint64_t first, std::uint64_t last) : what_(what), next_(first), last_(last) {}
    std::string_view next_batch() override;

private:
    const workload& what_;
    std::uint64_t next_;
    std::uint64_t last_;
    std::string batch_;
};

}  // namespace respgres::side_by_side
