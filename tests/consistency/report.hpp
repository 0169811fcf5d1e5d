#pragma once

#include "tests/consistency/items.hpp"
#include "tests/consistency/options.hpp"
#include "tests/consistency/rules.hpp"
#include "tests/consistency/workload.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests::consistency {

// Counters of GET /stats, of all mappings and proxies together, by name.
using proxy_counters = std::map<std::string, std::uint64_t>;

// The names that the report tells of.
const std::vector<std::string>& reported_counters();
// Adds up what one proxy's /stats holds of each of them.
void add_counters(proxy_counters& sums, std::string_view stats);

// The table at the end of a run.
std::string report(const options& chosen, const workload& shared, const verdict& found, const proxy_counters& proxies, moment began);

}  // namespace respgres::tests::consistency
