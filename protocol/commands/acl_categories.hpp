#pragma once

#include "protocol/commands/command_table.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace respgres::protocol {

// The categories by which Redis' ACL rules name many commands at once (`+@read`), as bits of a set.
using category_set = std::uint32_t;

struct acl_category {
    std::string_view name;
    category_set bit;
};

// All categories of Redis 7.0, in the order in which `ACL CAT` lists them.
std::span<const acl_category> acl_categories();

// Ignoring case; 0 when there is none of that name.
category_set find_category(std::string_view name);

// The categories of a command or a subcommand; a test compares them with those of a real Redis. The proxy's own commands have some, too.
category_set categories_of(const command_info& command);

}  // namespace respgres::protocol
