#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace respgres::proxy {

// What one or several transactions make untrue.
struct invalidation {
    std::vector<std::string> keys;           // exact keys; of one transaction each once
    std::vector<std::size_t> wide;           // mapping::index of the mappings of which all keys must be dropped; each once
    bool facts_are_old = false;              // a definition changed: read table_facts again and build new rules

    bool is_empty() const { return keys.empty() && wide.empty() && !facts_are_old; }
    void clear();
    void merge(invalidation other);
    // Each key once, also when several transactions touch it; sorted. Call it once, when all of a batch is together.
    void compact();
    void add_wide(std::size_t mapping);
};

}  // namespace respgres::proxy
