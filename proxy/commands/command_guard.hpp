#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/sessions/session.hpp"

#include <string>

namespace respgres::proxy {

// What a client that has a user (session::who) is refused, in Redis' words; empty: it may go on. In a transaction a refusal spoils the rest. Words of which
// another error will be told (their number) may go on.
std::string denial_for(session& client, protocol::command_words words);

}  // namespace respgres::proxy
