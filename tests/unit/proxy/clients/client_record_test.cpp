#include "proxy/clients/client_record.hpp"
#include "tests/unit/proxy/clients/no_owner.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <utility>

namespace respgres::proxy {

namespace {

net::ip_endpoint loopback(std::uint16_t port) {
    sockaddr_storage address{};
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons(port);
    return net::ip_endpoint(address);
}

client_record_ptr connected(client_connection how) {
    return client_record_ptr(new client_record(7, std::move(how)));
}

}  // namespace

TEST_CASE("client_record: names are what Redis takes: printable, no space", "[proxy]") {
    CHECK(is_client_name(""));
    CHECK(is_client_name("worker-1:bets!~"));
    for (const char* bad : {"with space", "line\n", "tab\t", "\x7f", "umlaut\xc3\xa4"}) CHECK_FALSE(is_client_name(bad));
    CHECK_FALSE(is_client_name(std::string_view("nul\0l", 5)));
}

TEST_CASE("client_record: tells both addresses, for a Unix socket twice the socket's", "[proxy]") {
    local_addresses known;
    const auto tcp = connected({loopback(51234), known.get("127.0.0.1:6380"), 5});
    CHECK(tcp->address() == "127.0.0.1:51234");
    CHECK(tcp->local_address() == "127.0.0.1:6380");
    CHECK(tcp->fd == 5);

    const auto local = connected({{}, known.get("/run/respgres.sock:0"), 6});
    CHECK(local->address() == "/run/respgres.sock:0");
    CHECK(local->local_address() == "/run/respgres.sock:0");
}

TEST_CASE("client_record: what a client never said is as Redis tells it, and what it said is kept", "[proxy]") {
    tests::no_owner owner;
    const auto client = connected({});
    CHECK(client->details().user == "default");
    client->accept(owner);
    client->set_user("default");
    client->set_redirect(-1);
    CHECK(client->details().name.empty());
    CHECK(client->details().redirect == -1);
    CHECK(client->details().blocked_connection == 0);

    client->set_name("bets");
    client->set_user("alice");
    client->set_library("lib");
    client->set_library_version("1.0");
    client->set_redirect(3);
    client->set_subscribed({1, 2, 3});
    client->set_blocked_connection(4);
    const client_details told = client->details();
    CHECK(told.name == "bets");
    CHECK(told.user == "alice");
    CHECK(told.library_name == "lib");
    CHECK(told.library_version == "1.0");
    CHECK(told.redirect == 3);
    CHECK(told.subscribed == subscription_counts{1, 2, 3});
    CHECK(told.blocked_connection == 4);

    client->set_redirect(-1);
    CHECK(client->details().redirect == -1);
    CHECK(client->details().name == "bets");
}

TEST_CASE("client_record: what is asked of a client goes to its owner, once it has one", "[proxy]") {
    tests::no_owner owner;
    const auto client = connected({});
    client->close();
    client->invalidate("*-1\r\n");
    CHECK(owner.closed.empty());

    client->accept(owner);
    client->close();
    client->invalidate("*-1\r\n");
    CHECK(owner.closed == std::vector<std::uint64_t>{7});
    CHECK(owner.invalidated == std::vector<std::pair<std::uint64_t, std::string>>{{7, "*-1\r\n"}});
}

}  // namespace respgres::proxy
