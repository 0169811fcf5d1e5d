#pragma once

#include "bench/bookmaker/random_stream.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace respgres::side_by_side {

// 40 ms: short enough that the machine's own ups and downs meet every target alike, long enough for thousands of requests.
constexpr std::chrono::milliseconds closed_slice{40};
constexpr std::chrono::milliseconds open_slice{200};

// How often every target gets its slice in one line of the table.
struct plan {
    std::size_t closed_cycles;
    std::size_t open_cycles;
};

// Shares `seconds` of measuring out over the lanes of all lines, of which `open_lanes` have an open loop too: two thirds for the closed
// loops, a third for the open ones; never fewer than 5 and 1 cycles.
plan plan_for(double seconds, std::size_t lanes, std::size_t open_lanes);

// 0 .. targets - 1 in an order of chance: no target always comes behind the same other.
std::vector<std::size_t> order_of_turns(std::size_t targets, bookmaker::random_stream& random);

}  // namespace respgres::side_by_side
