#pragma once

#include "proxy/admin/admin_routes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

namespace respgres::proxy {

// Answers the requests of one connection until it ends: by the peer, by an error, or because a request took longer than 5 s to arrive or
// an answer longer than 5 s to leave. Cancelling closes it. `routes` must outlive it.
boost::asio::awaitable<void> serve_admin_connection(boost::asio::generic::stream_protocol::socket socket, const admin_routes& routes);

}  // namespace respgres::proxy
