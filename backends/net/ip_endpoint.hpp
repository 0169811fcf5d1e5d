#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace respgres::net {

// An IP address and a port, in a third of the bytes that a socket address takes: there is one for each client.
class ip_endpoint {
public:
    ip_endpoint() = default;  // none
    // None if the address is not one of IPv4 or IPv6.
    explicit ip_endpoint(const sockaddr_storage& address);

    bool is_none() const { return family_ == family::none; }
    // "127.0.0.1:51234", "[::1]:51234"; empty for none.
    std::string text() const;

private:
    enum class family : std::uint8_t { none, ip4, ip6 };

    std::array<std::uint8_t, 16> address_{};  // as it goes over the network; of IPv4 the first four
    std::uint16_t port_ = 0;
    family family_ = family::none;
};

}  // namespace respgres::net
