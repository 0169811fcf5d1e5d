#include "backends/net/ip_endpoint.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace respgres::net {

ip_endpoint::ip_endpoint(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address);
        std::memcpy(address_.data(), &in.sin_addr, sizeof in.sin_addr);
        port_ = ntohs(in.sin_port);
        family_ = family::ip4;
    } else if (address.ss_family == AF_INET6) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
        std::memcpy(address_.data(), &in.sin6_addr, sizeof in.sin6_addr);
        port_ = ntohs(in.sin6_port);
        family_ = family::ip6;
    }
}

std::string ip_endpoint::text() const {
    if (is_none()) return {};
    std::array<char, INET6_ADDRSTRLEN> host{};
    ::inet_ntop(family_ == family::ip4 ? AF_INET : AF_INET6, address_.data(), host.data(), host.size());
    const std::string port = ":" + std::to_string(port_);
    return family_ == family::ip4 ? host.data() + port : "[" + std::string(host.data()) + "]" + port;
}

}  // namespace respgres::net
