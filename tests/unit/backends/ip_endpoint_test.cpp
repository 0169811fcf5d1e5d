#include "backends/net/ip_endpoint.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/un.h>

namespace respgres::net {

namespace {

ip_endpoint ip4(const char* host, std::uint16_t port) {
    sockaddr_storage address{};
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    REQUIRE(::inet_pton(AF_INET, host, &in.sin_addr) == 1);
    return ip_endpoint(address);
}

ip_endpoint ip6(const char* host, std::uint16_t port) {
    sockaddr_storage address{};
    auto& in = reinterpret_cast<sockaddr_in6&>(address);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    REQUIRE(::inet_pton(AF_INET6, host, &in.sin6_addr) == 1);
    return ip_endpoint(address);
}

}  // namespace

TEST_CASE("ip_endpoint: is written as Redis writes addresses", "[backends]") {
    CHECK(ip4("127.0.0.1", 51234).text() == "127.0.0.1:51234");
    CHECK(ip4("255.255.255.255", 65535).text() == "255.255.255.255:65535");
    CHECK(ip6("::1", 1).text() == "[::1]:1");
    CHECK(ip6("2001:db8:1:2:3:4:5:6", 6380).text() == "[2001:db8:1:2:3:4:5:6]:6380");
    CHECK(ip6("::ffff:10.0.0.7", 6380).text() == "[::ffff:10.0.0.7]:6380");
    CHECK_FALSE(ip4("0.0.0.0", 0).is_none());
}

TEST_CASE("ip_endpoint: an address of another kind is none", "[backends]") {
    sockaddr_storage address{};
    reinterpret_cast<sockaddr_un&>(address).sun_family = AF_UNIX;
    for (const ip_endpoint& each : {ip_endpoint(), ip_endpoint(address), ip_endpoint(sockaddr_storage{})}) {
        CHECK(each.is_none());
        CHECK(each.text().empty());
    }
}

}  // namespace respgres::net
