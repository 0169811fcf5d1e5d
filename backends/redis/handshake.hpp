#pragma once

#include "backends/errors.hpp"
#include "backends/net/connect.hpp"
#include "backends/redis/link.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace respgres::redis {

// What a server told of itself and of the new connection; empty or 0 where an ACL forbids it.
struct greeted {
    std::string server_version;  // "7.0.15"
    std::uint64_t id = 0;  // of the connection, for CLIENT KILL, UNBLOCK, TRACKING REDIRECT
};

// Brings a new connection into the state that a link needs: protocol version, user, name and database. A server that is still loading its data
// counts as not connected.
boost::asio::awaitable<backends::outcome<greeted>> handshake(net::socket& socket, const link_settings& settings,
                                                             std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::redis
