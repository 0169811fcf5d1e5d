#pragma once

#include "conf/settings.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <string>

namespace respgres::proxy {

// Prints what the proxy does for a key: its mapping, captures, the query with its parameter and column types (asked of PostgreSQL), TTL and what
// invalidates it. Returns the exit code: 0, or 1 when the key belongs to no mapping.
int explain(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules, const std::string& key);

}  // namespace respgres::proxy
