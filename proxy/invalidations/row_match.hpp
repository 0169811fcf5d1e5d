#pragma once

#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace respgres::proxy {

// Whether a changed row tells which of a mapping's keys it touches.
//
// *Row-exact*: the query reads one table, and only rows in which one column for each capture equals it, byte for byte; or the pattern has no captures, so
// there is one key. Everything else is *wide*: a change drops all keys of the mapping. In doubt it is wide.
//
// It says nothing of whether the change stream tells the columns' old values. Where it does not, invalidation_rules makes that change wide.
struct row_match {
    struct column {
        std::string name;
        std::uint32_t type = 0;  // OID; another type in the change stream means that the facts are old
        bool immutable = false;  // the mapping says so: its old value is its new one
    };

    bool exact = false;
    std::vector<column> columns;  // of each capture, in the order of the pattern
    std::string why_wide;  // "has a subquery"; empty when it is exact
};

row_match match_rows(const mapping& source, const mapping_facts& reads, const table_facts& facts);

}  // namespace respgres::proxy
