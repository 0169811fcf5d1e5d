#pragma once

#include <cstdint>

namespace respgres::bookmaker {

// Random numbers from a seed (splitmix64): the same on every platform, which the distributions of <random> do not promise.
class random_stream {
public:
    explicit random_stream(std::uint64_t seed) : state_(seed) {}

    // The stream of one row of one table: any row can be made without making those before it.
    random_stream(std::uint64_t seed, std::uint64_t table, std::uint64_t row);

    std::uint64_t next();
    std::uint64_t below(std::uint64_t limit);   // 0 .. limit - 1; limit > 0
    double uniform();                           // [0, 1)
    double normal();                            // mean 0, deviation 1
    double exponential(double mean);
    bool chance(double probability) { return uniform() < probability; }

private:
    std::uint64_t state_;
};

}  // namespace respgres::bookmaker
