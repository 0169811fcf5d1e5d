#include "proxy/invalidations/invalidation.hpp"

#include <algorithm>
#include <iterator>

namespace respgres::proxy {

void invalidation::clear() {
    keys.clear();
    wide.clear();
    facts_are_old = false;
}

void invalidation::merge(invalidation other) {
    keys.insert(keys.end(), std::move_iterator(other.keys.begin()), std::move_iterator(other.keys.end()));
    for (const auto mapping : other.wide) add_wide(mapping);
    facts_are_old = facts_are_old || other.facts_are_old;
}

void invalidation::compact() {
    if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());  // those of one transaction are
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

void invalidation::add_wide(std::size_t mapping) {
    if (std::find(wide.begin(), wide.end(), mapping) == wide.end()) wide.push_back(mapping);
}

}  // namespace respgres::proxy
