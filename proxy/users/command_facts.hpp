#pragma once

#include "protocol/commands/command_table.hpp"

#include <cstddef>
#include <cstdint>

namespace respgres::proxy {

// What the ACL needs to know of a command beyond the command table. Each command and subcommand has a number, for sets of them.
struct command_facts {
    // How Redis judges a command's keys for %R~ and %W~, where that is not what key_access says: Redis asks whether a value is told or changed, not
    // whether the command is a read or a write.
    enum class judged : std::uint8_t {
        as_listed,
        tells_nothing,  // EXISTS, STRLEN: any right to the key is enough
        only_writes,  // APPEND, SADD: changes a part of a value, but does not tell it
        destination_writes,  // LMOVE: so for its second key
        only_reads,  // PFCOUNT: it may write, but what it tells does not change
    };

    std::size_t number = 0;
    judged keys = judged::as_listed;
};

// Enough for all numbers; a test counts.
constexpr std::size_t most_commands = 512;

// `command` is a row of the command table. O(1).
const command_facts& facts_of(const protocol::command_info& command);

// What a user needs for a key of this command.
struct key_need {
    bool read = false;
    bool write = false;
};
key_need need_of(const protocol::command_info& command, protocol::key_position key);

}  // namespace respgres::proxy
