#pragma once

#include "proxy/commands/mapped_tasks.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace respgres::proxy {

// Client-side caching as coroutines; each returns the bytes of the reply. The client has a stateful_client, and lives until they end.

// CLIENT TRACKING: Redis says whether it is right, in the client's dedicated connection, which the client keeps as long as its reads are tracked.
boost::asio::awaitable<std::string> tracking_task(worker_services& services, session& client, owned_command command);

// CLIENT TRACKINGINFO, with the other client's own number as the redirection.
boost::asio::awaitable<std::string> tracking_info_task(session& client);

}  // namespace respgres::proxy
