#pragma once

#include "conf/problem.hpp"
#include "conf/rules.hpp"
#include "conf/settings.hpp"

#include <string>
#include <string_view>

namespace respgres::conf {

struct read_outcome {
    settings value;        // what could be read; fit for use only when found is empty
    std::vector<rule_settings> rules;   // in the order of the file
    problems found;        // all that is wrong, in the order of the file
};

// Reads a configuration file. Never throws; a file that is missing or is no TOML is one problem with its position.
read_outcome read_file(const std::string& path);

// The same from memory; `name` stands for the file in problems. A text that every user may read must hold no password.
read_outcome read_text(std::string_view toml, const std::string& name, bool is_private = true);

// The configuration reference made from the option tables: Markdown, one table per section (README holds it; a test compares).
std::string describe();

}  // namespace respgres::conf
