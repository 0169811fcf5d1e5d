#pragma once

#include "conf/toml/node.hpp"

#include <string>
#include <string_view>

namespace respgres::conf {

struct parsed_toml {
    node root;
    std::string wrong;    // empty: root is complete
    mark where;           // of what is wrong
};

// Never throws but for want of memory, whatever the text is; recursion and time are bounded by its size and by fixed depths.
parsed_toml parse_toml(std::string_view text);

}  // namespace respgres::conf
