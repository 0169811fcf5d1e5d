#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/first_bytes.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/mappings/prefix_tree.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// All mappings, and the one that a key belongs to. Immutable, so shared by all workers without a lock; swapped whole on reload.
//
// find() costs one walk over the key's bytes (a radix tree of the patterns' literal prefixes), independent of the number of mappings
// but for those that share the deepest prefix; it does not allocate once `out` has its capacity.
class mapping_table {
public:
    mapping_table() = default;

    // Compiles all mappings. Problems (bad pattern, bad query, unbound or unused capture, overlapping patterns, two of one name) are
    // appended to `found` with their positions; mappings with a problem are left out of the result.
    static mapping_table build(const conf::settings& settings, conf::problems& found);

    // The most specific mapping whose pattern the key has, null for none. If the captures of the most specific ones do not convert but
    // those of a less specific one do, that one is returned; if none do, the most specific with out.invalid set (of equals, the first
    // in the file).
    const mapping* find(std::string_view key, captures& out) const {
        if (may_hold(key)) return find_among(key, out);
        out.values.clear();
        return nullptr;
    }
    // False: find() finds none, as the first byte tells.
    bool may_hold(std::string_view key) const { return begins_.may_begin(key); }

    const std::vector<std::unique_ptr<const mapping>>& all() const { return mappings_; }
    const mapping* by_name(std::string_view name) const;

private:
    const mapping* find_among(std::string_view key, captures& out) const;

    std::vector<std::unique_ptr<const mapping>> mappings_;
    std::vector<const mapping*> by_specificity_;  // the most specific first; the tree's entries are positions here
    prefix_tree tree_;
    first_bytes begins_;
};

}  // namespace respgres::proxy
