#pragma once

#include "conf/settings.hpp"
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
std::vector<explained> explain_freshness(const conf::settings& settings, const mapping& source, const captures& found,
                                         const table_facts* facts);

}  // namespace respgres::proxy
