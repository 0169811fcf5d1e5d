#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace respgres::proxy {

// Mode redis: what the proxy answers itself, or takes apart, Redis' ACL must allow as well. Asks it, in the proxy's name; returns the error reply if the
// client's user may not. A Redis that cannot tell (before version 7, or one that does not let the proxy ask) does not allow it.
boost::asio::awaitable<std::optional<std::string>> refusal_by_redis(worker_services& services, const session& client,
                                                                    const protocol::command_info& command, std::vector<std::string> words);

}  // namespace respgres::proxy
