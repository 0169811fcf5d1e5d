#pragma once

#include "backends/errors.hpp"
#include "backends/net/connect.hpp"
#include "backends/redis/link.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace respgres::redis {

// A connection that is ready, and what the server told of itself and of it; empty or 0 where an ACL forbids it.
struct greeted {
    net::channel wire;
    std::string server_version;  // "7.0.15"
    std::uint64_t id = 0;        // of the connection, for CLIENT KILL, UNBLOCK, TRACKING REDIRECT
};

// Connects, encrypted if the url says so, and brings the connection into the state that a link needs: protocol version, user, name and database.
// A server that is still loading its data counts as not connected. Errors: not_connected, timed_out, protocol_error, server_error.
boost::asio::awaitable<backends::outcome<greeted>> open_connection(const link_settings& settings,
                                                                   std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::redis
