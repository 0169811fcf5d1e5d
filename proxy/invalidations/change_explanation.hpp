#pragma once

#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping.hpp"

#include <string>
#include <vector>

namespace respgres::proxy {

// One line of an explanation.
struct explained {
    std::string label;   // "changes"
    std::string text;
};

// What drops a key and how soon, in words. `found`: what the mapping's pattern took out of the key. `facts`: null when they are not known.
std::vector<explained> explain_freshness(const mapping& source, const captures& found, const table_facts* facts);

// The tables whose changes drop keys of the mapping, as "schema.table".
std::vector<std::string> followed_tables(const mapping& source, const table_facts& facts);

// What becomes of a key whose captures do not convert.
std::string explain_invalid(const mapping& source, const captures& found);

}  // namespace respgres::proxy
