#include "proxy/invalidations/invalidation.hpp"

#include <algorithm>

namespace respgres::proxy {

void invalidation::clear() {
    keys.clear();
    wide.clear();
    facts_are_old = false;
}

void invalidation::merge(const invalidation& other) {
    keys.insert(keys.end(), other.keys.begin(), other.keys.end());
    for (const auto mapping : other.wide) add_wide(mapping);
    facts_are_old = facts_are_old || other.facts_are_old;
}

void invalidation::compact() {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

void invalidation::add_wide(std::size_t mapping) {
    if (std::find(wide.begin(), wide.end(), mapping) == wide.end()) wide.push_back(mapping);
}

}  // namespace respgres::proxy
