#include "bench/bookmaker/random_stream.hpp"

#include <cmath>
#include <numbers>

namespace respgres::bookmaker {

namespace {

constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15;

std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31);
}

}  // namespace

random_stream::random_stream(std::uint64_t seed, std::uint64_t table, std::uint64_t row)
    : state_(mix(mix(mix(seed + golden) + table) + row)) {}

std::uint64_t random_stream::next() {
    state_ += golden;
    return mix(state_);
}

std::uint64_t random_stream::below(std::uint64_t limit) {
    // The bias of the remainder is below limit / 2^64.
    return next() % limit;
}

double random_stream::uniform() {
    return static_cast<double>(next() >> 11) * 0x1p-53;
}

double random_stream::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));   // Box-Muller
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

double random_stream::exponential(double mean) {
    return -mean * std::log(1 - uniform());
}

}  // namespace respgres::bookmaker
