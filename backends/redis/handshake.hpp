#pragma once

#include "backends/errors.hpp"
#include "backends/net/connect.hpp"
#include "backends/redis/link.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace respgres::redis {

// Brings a new connection into the state that a link needs: protocol version, user, name and database. Returns the server's version ("7.0.15"; empty
// when it does not tell). A server that is still loading its data counts as not connected.
boost::asio::awaitable<backends::outcome<std::string>> handshake(net::socket& socket, const link_settings& settings,
                                                                 std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::redis
