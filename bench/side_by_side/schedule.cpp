#include "bench/side_by_side/schedule.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace respgres::side_by_side {

namespace {

constexpr std::size_t least_closed_cycles = 5;
constexpr std::size_t least_open_cycles = 1;

std::size_t cycles(double seconds, std::size_t slices_per_cycle, std::chrono::duration<double> slice, std::size_t least) {
    if (slices_per_cycle == 0) return least;
    return std::max(least, static_cast<std::size_t>(seconds / (static_cast<double>(slices_per_cycle) * slice.count())));
}

}  // namespace

plan plan_for(double seconds, std::size_t lanes, std::size_t open_lanes) {
    return {cycles(seconds * 2 / 3, lanes, closed_slice, least_closed_cycles),
            cycles(seconds / 3, open_lanes, open_slice, least_open_cycles)};
}

std::vector<std::size_t> order_of_turns(std::size_t targets, bookmaker::random_stream& random) {
    std::vector<std::size_t> order(targets);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t left = targets; left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
    return order;
}

}  // namespace respgres::side_by_side
