#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "conf/toml/node.hpp"

namespace respgres::conf {

// The longest dotted key that is let through to the TOML library, in dots. A configuration needs two.
constexpr std::size_t most_dots = 8;

// The place of the first key with more than `most_dots` dots, or nothing. toml++ 3.3 has no limit of its own: each dot is a
// table within a table, and 'a.a.a.a...' of one megabyte overflows the stack when the tables are destroyed.
std::optional<mark> find_deep_key(std::string_view toml);

}  // namespace respgres::conf
