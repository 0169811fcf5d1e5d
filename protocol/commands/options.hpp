#pragma once

#include "protocol/commands/command_table.hpp"

#include <cstddef>

namespace respgres::protocol {

// What only the options of a command tell; the rows of the table name these functions.
//
// Options are read as Redis reads them when it executes the command: an option's values are not taken for options.
// (Redis' own COMMAND GETKEYS takes some for options, e.g. a consumer group named "streams".)
// All take the command's words, name first, and any number of them.

// SET: read_write with GET, else overwrite. BITFIELD: read if it only GETs, else read_write.
key_access set_access(command_words words);
key_access bitfield_access(command_words words);

// The destination of SORT ... STORE. The last one counts, as in Redis; empty without it.
key_range sort_store(command_words words);

// The destination of GEORADIUS and GEORADIUSBYMEMBER ... STORE or STOREDIST; the last one counts. Options start at word `first_option`.
key_range georadius_store_from(std::size_t first_option, command_words words);
template <std::size_t FirstOption>
key_range georadius_store(command_words words) {
    return georadius_store_from(FirstOption, words);
}

// The keys of XREAD and XREADGROUP ... STREAMS: the first half of what follows.
key_range streams(command_words words);

// MIGRATE: word 3, or if that is empty what follows KEYS.
key_range migrate_keys(command_words words);

}  // namespace respgres::protocol
