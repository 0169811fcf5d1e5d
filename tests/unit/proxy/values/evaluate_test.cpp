// The replies themselves are compared with a real Redis in tests/integration/values_differential_test.cpp. Here: what needs no server.
#include "proxy/values/evaluate.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace respgres::proxy;
using namespace std::chrono_literals;
using respgres::protocol::resp_version;

constexpr std::chrono::system_clock::time_point now{1'700'000'000'400ms};

// Nothing: evaluate() declined.
std::optional<std::string> reply(const value& held, const std::vector<std::string_view>& arguments,
                                 std::chrono::milliseconds remaining = 1s, resp_version version = resp_version::resp2) {
    std::string out;
    respgres::protocol::reply_writer writer(out, version);
    const bool answered = evaluate(arguments, held, remaining, now, writer);
    CHECK(answered == !out.empty());
    return answered ? std::optional(out) : std::nullopt;
}

const value text = string_value{"hello"};

}  // namespace

TEST_CASE("evaluate: knows each command that it promises by its lower-case name, and no other", "[values]") {
    for (const char* name : {"get",
                             "strlen",
                             "getrange",
                             "substr",
                             "hget",
                             "hmget",
                             "hgetall",
                             "hkeys",
                             "hvals",
                             "hlen",
                             "hexists",
                             "hstrlen",
                             "lrange",
                             "llen",
                             "lindex",
                             "smembers",
                             "scard",
                             "sismember",
                             "smismember",
                             "zrange",
                             "zrangebyscore",
                             "zrevrange",
                             "zrevrangebyscore",
                             "zscore",
                             "zmscore",
                             "zcard",
                             "zcount",
                             "zrank",
                             "zrevrank",
                             "exists",
                             "ttl",
                             "pttl",
                             "expiretime",
                             "pexpiretime",
                             "type",
                             "mget"}) {
        INFO(name);
        CHECK(can_evaluate(name));
    }
    for (const char* name : {"", "GET", "set", "gett", "ge", "del", "zrangebyscores", "hgetallhgetallhgetall"}) {
        INFO(name);
        CHECK_FALSE(can_evaluate(name));
    }
}

TEST_CASE("evaluate: takes a command's name in any case", "[values]") {
    for (const char* name : {"get", "GET", "gEt"}) CHECK(reply(text, {name, "k"}) == "$5\r\nhello\r\n");
}

TEST_CASE("evaluate: declines, and writes nothing, what it does not know, other numbers of arguments, and several keys", "[values]") {
    CHECK_FALSE(reply(text, {}));
    CHECK_FALSE(reply(text, {""}));
    CHECK_FALSE(reply(text, {"set", "k", "v"}));
    CHECK_FALSE(reply(text, {std::string_view("get\0", 4), "k"}));
    CHECK_FALSE(reply(text, {"averylongcommandthatdoesnotexist", "k"}));
    CHECK_FALSE(reply(text, {"get"}));
    CHECK_FALSE(reply(text, {"get", "k", "x"}));
    CHECK_FALSE(reply(text, {"hmget", "k"}));
    CHECK_FALSE(reply(text, {"exists", "k", "other"}));
    CHECK_FALSE(reply(text, {"mget", "k", "other"}));
}

TEST_CASE("evaluate: TTL rounds to the nearest second as Redis does, PTTL does not round", "[values]") {
    CHECK(reply(text, {"ttl", "k"}, 0ms) == ":0\r\n");
    CHECK(reply(text, {"ttl", "k"}, 499ms) == ":0\r\n");
    CHECK(reply(text, {"ttl", "k"}, 500ms) == ":1\r\n");
    CHECK(reply(text, {"ttl", "k"}, 1'499ms) == ":1\r\n");
    CHECK(reply(text, {"pttl", "k"}, 1'499ms) == ":1499\r\n");
    CHECK(reply(text, {"pttl", "k"}, -5ms) == ":0\r\n");
}

TEST_CASE("evaluate: EXPIRETIME is the wall clock plus the TTL", "[values]") {
    CHECK(reply(text, {"pexpiretime", "k"}, 1'000ms) == ":1700000001400\r\n");
    CHECK(reply(text, {"expiretime", "k"}, 1'000ms) == ":1700000001\r\n");
    CHECK(reply(text, {"expiretime", "k"}, 1'100ms) == ":1700000002\r\n");
}

TEST_CASE("evaluate: an absent value is a key that does not exist", "[values]") {
    const value absent;
    CHECK(reply(absent, {"get", "k"}) == "$-1\r\n");
    CHECK(reply(absent, {"get", "k"}, 1s, resp_version::resp3) == "_\r\n");
    CHECK(reply(absent, {"hgetall", "k"}, 1s, resp_version::resp3) == "%0\r\n");
    CHECK(reply(absent, {"lindex", "k", "no number"}) == "$-1\r\n");
    CHECK(reply(absent, {"ttl", "k"}) == ":-2\r\n");
    CHECK(reply(absent, {"pexpiretime", "k"}) == ":-2\r\n");
    CHECK(reply(absent, {"type", "k"}) == "+none\r\n");
    CHECK(reply(absent, {"exists", "k"}) == ":0\r\n");
}

TEST_CASE("evaluate: the extreme indices overflow nothing", "[values]") {
    const std::string least = std::to_string(std::numeric_limits<std::int64_t>::min());
    const std::string most = std::to_string(std::numeric_limits<std::int64_t>::max());
    const value list = list_value{{"a", "b"}};
    const value zset = zset_value{{{"a", 1.0}, {"b", 2.0}}};
    CHECK(reply(list, {"lrange", "k", least, most}) == "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    CHECK(reply(list, {"lrange", "k", most, least}) == "*0\r\n");
    CHECK(reply(list, {"lindex", "k", least}) == "$-1\r\n");
    CHECK(reply(list, {"lindex", "k", most}) == "$-1\r\n");
    CHECK(reply(text, {"getrange", "k", least, most}) == "$5\r\nhello\r\n");
    CHECK(reply(zset, {"zrange", "k", least, most, "REV"}) == "*2\r\n$1\r\nb\r\n$1\r\na\r\n");
    CHECK(reply(zset, {"zrangebyscore", "k", "-inf", "inf", "LIMIT", most, most}) == "*0\r\n");
    CHECK(reply(zset, {"zrangebyscore", "k", "-inf", "inf", "LIMIT", least, least}) == "*0\r\n");
    CHECK(reply(zset, {"zrangebyscore", "k", "-inf", "inf", "LIMIT", "1", most}) == "*1\r\n$1\r\nb\r\n");
}

TEST_CASE("evaluate: a set of integers is answered in their order, any other in its own", "[values]") {
    CHECK(reply(set_value{{"10", "-3", "9"}}, {"smembers", "k"}) == "*3\r\n$2\r\n-3\r\n$1\r\n9\r\n$2\r\n10\r\n");
    CHECK(reply(set_value{{"10", "-3", "09"}}, {"smembers", "k"}) == "*3\r\n$2\r\n10\r\n$2\r\n-3\r\n$2\r\n09\r\n");
}

TEST_CASE("evaluate: many look-ups in a large value answer as single ones do", "[values]") {
    hash_value hash;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) {
        hash.fields.emplace_back("f" + std::to_string(i), std::to_string(i));
        names.push_back("f" + std::to_string(i * 2));   // every second is there, the latter half is not
    }
    std::vector<std::string_view> many = {"hmget", "k"};
    std::string expected = "*100\r\n";
    for (const std::string& name : names) {
        many.push_back(name);
        expected += *reply(hash, {"hget", "k", name});
    }
    CHECK(reply(hash, many) == expected);
}
