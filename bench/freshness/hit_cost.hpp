#pragma once

#include <cstdint>

namespace respgres::bench {

// Hits a second of two proxies, each asked on its turn, `rounds` times; the median of the rounds' ratios.
struct hit_costs {
    double first;     // hits a second, median
    double second;
    double ratio;     // second / first
};

// GETs `depth` deep over one connection of the key item:1, which both proxies hold.
hit_costs compare_hits(std::uint16_t first_port, std::uint16_t second_port, unsigned depth, unsigned rounds);

}  // namespace respgres::bench
