#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <optional>

namespace respgres::proxy {

// Compiles one rule; appends all that is wrong with it to `found`, then nothing. `knows_all`: no mapping of the file is left out, so a key
// of none is a mistake of the rule.
std::optional<drop_rule> compile_rule(const conf::rule_settings& settings, const mapping_table& mappings, bool knows_all,
                                      conf::problems& found);

}  // namespace respgres::proxy
