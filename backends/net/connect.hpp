#pragma once

#include "backends/errors.hpp"
#include "backends/net/stream.hpp"
#include "backends/net/tls_context.hpp"
#include "conf/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace respgres::net {

// Resolves and connects on the caller's executor; every address that the name has is tried until the deadline. TCP sockets get TCP_NODELAY
// and keepalive. If `to.tls`, the handshake follows, and what is returned is encrypted and its peer verified; `tls` must outlive the call.
// Errors: not_connected with the operating system's or TLS' words, timed_out. Cancelling closes the attempt.
boost::asio::awaitable<backends::outcome<stream>> connect(conf::endpoint to, const tls_context* tls,
                                                          std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::net
