#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The mapped keys among a command's words.
struct mapped_key {
    std::string_view key;
    const mapping* source;
    protocol::key_access access;
    bool converts;                       // its captures do
};

using mapped_keys = std::vector<mapped_key>;

// Copies of the keys themselves, which outlive the words.
std::vector<std::string> keys_of(const mapped_keys& keys);

// Keys of scripts and functions count as read: what a script does with them only Redis knows.
mapped_keys find_mapped_keys(const mapping_table& mappings, const protocol::command_info& command, protocol::command_words words,
                             captures& scratch);

}  // namespace respgres::proxy
