// Large values, binary keys, pipelines, inline commands and commands in pieces: as a Redis that is asked directly.
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace respgres::tests;
using namespace std::string_literals;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// Bytes of all values, line ends among them, that no short period hides a shift of.
std::string bytes_of_all_kinds(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    bytes.replace(0, 8, "\r\n$-1\r\n*");
    return bytes;
}

// 1 000 commands of many kinds, errors among them.
std::string long_pipeline(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
        const auto n = std::to_string(i);
        const std::vector<std::vector<std::string>> kinds = {
            {"SET", "k" + n, "value " + n},
            {"GET", "k" + std::to_string(i - 1)},
            {"INCR", "counter"},
            {"RPUSH", "l", n},
            {"LRANGE", "l", "-3", "-1"},
            {"PING", n},
            {"HSET", "counter", "f", "v"},
            {"NONSENSE", n},
            {"ECHO", std::string(i, 'e')},
            {"GET"},
            {"SELECT", i % 2 == 0 ? "1" : "0"},
        };
        bytes += resp_client::encode(kinds[i % kinds.size()]);
    }
    return bytes;
}

}  // namespace

TEST_CASE("pass_through: large values pass whole, in both directions", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const std::size_t size = GENERATE(1 * mebibyte, 16 * mebibyte - 1);
    const auto large = bytes_of_all_kinds(size);

    clients.same({"SET", "large", large});
    const auto reply = clients.same({"GET", "large"});
    CHECK(bulk_text(reply) == large);
    clients.same({"STRLEN", "large"});
    clients.same({"GETRANGE", "large", "100", "-100"});
    clients.same({"ECHO", large});
    clients.same({"RPUSH", "list", large, "small", large});
    clients.same({"LRANGE", "list", "0", "-1"});
    clients.same({"PING"});
}

TEST_CASE("pass_through: a large value of a client that reads slowly does not hold up another client", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const auto large = bytes_of_all_kinds(16 * mebibyte - 1);
    clients.same({"SET", "large", large});

    auto slow = servers.proxy_client();
    slow.send({"GET", "large"});   // nothing is read yet
    for (int i = 0; i < 100; ++i) clients.same({"INCR", "counter"});

    CHECK(bulk_text(slow.read_reply()) == large);
}

TEST_CASE("pass_through: keys and values of any bytes", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    std::vector<std::string> keys = {""s, "\0"s, "\r\n"s, "$3\r\nGET\r\n"s, "a\0b"s, "key with spaces"s, std::string(70'000, 'k')};
    for (int byte = 0; byte < 256; ++byte) keys.emplace_back(1, static_cast<char>(byte));

    for (const auto& key : keys) {
        clients.same({"SET", key, key + "!"});
        clients.same({"APPEND", key, key});
        clients.same({"GET", key});
        clients.same({"HSET", "h", key, key});
        clients.same({"HGET", "h", key});
    }
    clients.same({"DBSIZE"});
    clients.same({"KEYS", "*"}, likeness::sorted);
}

TEST_CASE("pass_through: 1000 commands in one write are answered in order", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const bool resp3 = GENERATE(false, true);
    if (resp3) clients.same({"HELLO", "3"}, likeness::numbers);
    constexpr std::size_t count = 1000;

    clients.same_raw(long_pipeline(count), count);
}

TEST_CASE("pass_through: 100 000 commands are written before the first reply is read", "[e2e]") {
    const twin_redis servers;
    auto client = servers.proxy_client();
    constexpr int count = 100'000;
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += resp_client::encode({"INCR", "n"});

    client.send_raw(bytes);

    for (int i = 1; i <= count; ++i) {
        const auto reply = client.read_reply();
        if (reply != ":" + std::to_string(i) + "\r\n") FAIL(i << ": " << reply);
    }
    SUCCEED();
}

TEST_CASE("pass_through: a pipeline cut at every byte gives the same replies", "[e2e]") {
    const twin_redis servers;
    auto client = servers.proxy_client();
    const std::string bytes = resp_client::encode({"SET", "k", "a\r\nb"}) + "GET k\r\n" + resp_client::encode({"PING"}) +
                              resp_client::encode({"GET"}) + resp_client::encode({"mget", "k", "none"});
    const std::vector<std::string> expected = {"+OK\r\n", "$4\r\na\r\nb\r\n", "+PONG\r\n",
                                               "-ERR wrong number of arguments for 'get' command\r\n", "*2\r\n$4\r\na\r\nb\r\n$-1\r\n"};
    const auto check_replies = [&] {
        for (const auto& reply : expected) CHECK(client.read_reply() == reply);
    };

    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        INFO("cut at " << cut);
        client.send_raw(bytes.substr(0, cut));
        // The reply to a PING of another client: by then the proxy has had its chance to see the first piece alone.
        CHECK(servers.proxy_client().call({"PING"}) == "+PONG\r\n");
        client.send_raw(bytes.substr(cut));
        check_replies();
    }
    for (const char byte : bytes) client.send_raw(std::string_view(&byte, 1));
    check_replies();
}

TEST_CASE("pass_through: inline commands are read as Redis reads them", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);

    clients.same_raw("SET k v\r\nget k\r\n", 2);
    clients.same_raw("  SET   spaced    \"a b\\n\\x00\\\"\"  \r\nGET spaced\n", 2);
    clients.same_raw("SET single 'it\\'s \\n'\r\nGET single\r\n", 2);
    // Such an error ends the connection, so each has a client of its own.
    for (const std::string line : {"SET k \"open\r\n", "SET k 'open\r\n", "SET k \"a\"b\r\n", "SET k 'it''s'\r\n"}) {
        INFO(line);
        auto direct = servers.direct_client();
        auto proxied = servers.proxy_client();
        direct.send_raw(line);
        proxied.send_raw(line);
        CHECK(proxied.read_all_until_close() == direct.read_all_until_close());
    }
    clients.same_raw("\r\n\r\nPING\r\n", 1);
    clients.same_raw("PING\n", 1);
    clients.same_raw("SET empty \"\"\r\nGET empty\r\nNONSENSE a b\r\nGET\r\n", 4);
}

TEST_CASE("pass_through: what is no RESP is refused in Redis' words, behind the replies that are due", "[e2e]") {
    const twin_redis servers;

    for (const std::string bytes : {"*1\r\n$x\r\n", "*x\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n"}) {
        INFO(bytes);
        auto direct = servers.direct_client();
        auto proxied = servers.proxy_client();
        direct.send_raw("PING\r\n" + bytes);
        proxied.send_raw("PING\r\n" + bytes);
        CHECK(proxied.read_all_until_close() == direct.read_all_until_close());
    }
}

TEST_CASE("pass_through: a bulk beyond the limit is refused as Redis refuses it, and the limit is named", "[e2e]") {
    const twin_redis servers;
    const std::string_view line_end = "\r\n";
    for (const std::string size : {"999999999999", "-2"}) {
        INFO(size);
        auto direct = servers.direct_client();
        auto proxied = servers.proxy_client();
        for (auto* client : {&direct, &proxied}) client->send_raw("*2\r\n$3\r\nGET\r\n$" + size + "\r\n");

        auto expected = direct.read_all_until_close();
        expected.resize(expected.size() - line_end.size());
        const auto reply = proxied.read_all_until_close();

        CHECK(reply.substr(0, expected.size()) == expected);
        CHECK((size.starts_with('-') || reply.find("limit 16777216") != reply.npos));
    }
}

TEST_CASE("pass_through: each client has its own database", "[e2e]") {
    const twin_redis servers;
    twin_clients first(servers);
    twin_clients second(servers);

    first.same({"SET", "k", "of database 0"});
    first.same({"SELECT", "1"});
    first.same({"GET", "k"});
    first.same({"SET", "k", "of database 1"});
    second.same({"GET", "k"});
    second.same({"SELECT", "15"});
    second.same({"SET", "k", "of database 15"});
    first.same({"GET", "k"});
    first.same({"DBSIZE"});
    // SELECT takes effect at its place in a pipeline.
    first.same_raw(
        "SELECT 0\r\nGET k\r\nSELECT 1\r\nGET k\r\nSELECT 15\r\nGET k\r\nSELECT 99\r\nGET k\r\nSELECT x\r\nSELECT -1\r\nGET k\r\n", 11);
    first.same({"RESET"});
    first.same({"GET", "k"});
    twin_clients(servers).same({"GET", "k"});
}
