#pragma once

#include "protocol/commands/command_table.hpp"

#include <string_view>

namespace respgres::protocol {

// Whether `reply`, the complete bytes of a RESP2 or RESP3 reply to the read command `command` on one key, is what Redis says when
// that key does not exist: nil, 0, an empty array, "none" for TYPE, an array of nils for HMGET ...
//
// Never false for an absent key. May be true for one that is there (GETBIT of an unset bit, HGET of an unknown field, a script's
// reply): ask EXISTS then. Not for commands on several keys, whose replies tell nothing about one of them.
bool may_mean_absent(const command_info& command, std::string_view reply);

// Whether a reply that begins like this is a bulk string that is not empty: the key is there, and the reply can pass before its end has come.
inline bool begins_present_bulk(std::string_view beginning) {
    return beginning.size() > 1 && beginning[0] == '$' && beginning[1] >= '1' && beginning[1] <= '9';
}

}  // namespace respgres::protocol
