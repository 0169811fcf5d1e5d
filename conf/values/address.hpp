#pragma once

#include "conf/settings.hpp"
#include "conf/values/text.hpp"

#include <optional>
#include <string_view>

namespace respgres::conf {

// The longest path of a Unix socket, in bytes (sun_path less its NUL).
constexpr std::size_t longest_socket_path = 107;

// "host:port", "[ipv6]:port"; without ":port" if there is a `default_port`. The complaint does not repeat the text:
// a piece of a URL may be a secret.
complaint read_host_and_port(std::string_view text, std::optional<std::uint16_t> default_port, endpoint& out);

// An absolute path of a length that a socket can have, without NUL.
complaint read_socket_path(std::string_view path, endpoint& out);

// What a listen option takes: "host:port", "[ipv6]:port", "unix:/path" and "tls:host:port".
complaint read_listen_address(std::string_view text, endpoint& out);

}  // namespace respgres::conf
