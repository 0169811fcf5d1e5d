#pragma once

#include "backends/errors.hpp"
#include "conf/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>

namespace respgres::net {

using socket = boost::asio::generic::stream_protocol::socket;

// Resolves and connects on the caller's executor; every address that the name has is tried until the deadline. TCP sockets get TCP_NODELAY
// and keepalive. Errors: not_connected with the operating system's words, timed_out. Cancelling closes the attempt.
boost::asio::awaitable<backends::outcome<socket>> connect(conf::endpoint to, std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::net
