#pragma once

#include "proxy/commands/mapped_tasks.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace respgres::proxy {

// Stateful commands as coroutines; each returns the bytes of the reply. The client has a stateful_client, and lives until they end.

// Fills mapped keys among those watched, so that the fill does not count as their change; then watches in the client's dedicated connection.
boost::asio::awaitable<std::string> watch_task(worker_services& services, session& client, owned_command command);

// UNWATCH, and DISCARD once its transaction is gone.
boost::asio::awaitable<std::string> unwatch_task(session& client);

// An EXEC that is refused: nothing is watched any more. `why` as an error reply says it.
boost::asio::awaitable<std::string> abort_task(session& client, std::string why);

// Fills what the transaction reads of mapped keys, then sends it whole: in the dedicated connection if keys are watched, else in the shared one.
boost::asio::awaitable<std::string> exec_task(worker_services& services, session& client);

// Queues a command that the table does not have if Redis has it.
boost::asio::awaitable<std::string> queue_unknown_task(worker_services& services, session& client, owned_command command);

// Sends a command that may block in a dedicated connection. A client that goes away ends it there.
boost::asio::awaitable<std::string> blocking_task(session& client, const protocol::command_info& info, owned_command command);

}  // namespace respgres::proxy
