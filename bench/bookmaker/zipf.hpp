#pragma once

#include "bench/bookmaker/random_stream.hpp"

#include <cstdint>
#include <vector>

namespace respgres::bookmaker {

// Draws ids 1 .. count of which few are popular: the one of popularity rank r with a probability proportional to 1 / r^exponent.
// Popular ids are strewn over the whole range, as hot events and heavy bettors are. Immutable; 8 bytes per id.
class zipf {
public:
    zipf(std::uint64_t count, double exponent);   // 0 < count < 4294967291

    std::int64_t draw(random_stream& random) const;
    std::int64_t id_of_rank(std::uint64_t rank) const;   // rank from 0, the most popular

private:
    // Walker's alias method: a draw costs one look, however many ids there are.
    struct column {
        float keep;           // the probability of this rank, as opposed to `other`
        std::uint32_t other;
    };
    std::vector<column> columns_;
};

}  // namespace respgres::bookmaker
