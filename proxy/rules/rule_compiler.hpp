#pragma once

#include "conf/problem.hpp"
#include "conf/rules.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <optional>
#include <string>

namespace respgres::proxy {

struct compiled_rule {
    drop_rule rule;
    std::string command;                         // on_command: its name in lower case
};

// Compiles one rule; appends all that is wrong with it to `found`, then nothing.
std::optional<compiled_rule> compile_rule(const conf::rule_settings& settings, const mapping_table& mappings, conf::problems& found);

}  // namespace respgres::proxy
