#include "conf/settings.hpp"

#include "conf/values/names.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace respgres::conf {

bool endpoint::is_loopback() const {
    if (is_unix()) return true;
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
    constexpr std::string_view name = "localhost";
    return std::equal(host.begin(), host.end(), name.begin(), name.end(), [](char left, char right) { return lower(left) == right; });
}

std::string to_string(const endpoint& endpoint) {
    if (endpoint.is_unix()) return "unix:" + endpoint.path;
    const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
    const auto host = is_ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
    return (endpoint.tls ? "tls:" : "") + host + ":" + std::to_string(endpoint.port);
}

std::string_view to_string(shape shape) {
    return name_of(shape);
}

std::string_view to_string(primary_source source) {
    return name_of(source);
}

std::string_view to_string(freshness_source source) {
    return name_of(source);
}

}  // namespace respgres::conf
