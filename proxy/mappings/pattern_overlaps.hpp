#pragma once

#include "proxy/mappings/key_pattern.hpp"

#include <cstddef>
#include <vector>

namespace respgres::proxy {

// Two patterns that share a key while neither is more specific: nobody could tell whose the key is.
struct pattern_overlap {
    std::size_t later;                           // positions in the list that was asked about
    std::size_t earlier;
};

// For each pattern, at most one overlap with an earlier one, in the order of `later`. Does not compare each with each.
std::vector<pattern_overlap> find_overlaps(const std::vector<const key_pattern*>& patterns);

}  // namespace respgres::proxy
