#include "proxy/audit/held_value.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <string_view>

namespace respgres::proxy {

namespace {

using conf::shape;

std::optional<value> held(shape of, std::string_view bytes) {
    const redis::reply reply = redis::read_reply(bytes);
    REQUIRE(reply);
    return held_value(of, *reply);
}

bool holds(shape of, std::string_view bytes, const value& wanted) {
    const auto found = held(of, bytes);
    return found && is_same(*found, wanted);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("held_value: reads every shape", "[proxy]") {
    for (const shape of : {shape::string, shape::json, shape::json_row, shape::counter})
        CHECK(holds(of, "$2\r\n{}\r\n", string_value{"{}"}));
    CHECK(holds(shape::string, "$0\r\n\r\n", string_value{""}));
    CHECK(holds(shape::hash, "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$0\r\n\r\n", hash_value{{{"a", "1"}, {"b", ""}}}));
    CHECK(holds(shape::list, "*3\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nb\r\n", list_value{{"b", "a", "b"}}));
    CHECK(holds(shape::set, "*2\r\n$1\r\nb\r\n$1\r\na\r\n", set_value{{"a", "b"}}));
    CHECK(holds(shape::zset, "*4\r\n$1\r\nx\r\n$3\r\n0.5\r\n$1\r\ny\r\n$3\r\ninf\r\n", zset_value{{{"x", 0.5}, {"y", infinity}}}));
}

TEST_CASE("held_value: a key that is not there is absent, in each shape", "[proxy]") {
    CHECK(holds(shape::string, "$-1\r\n", absent_value{}));
    for (const shape of : {shape::hash, shape::list, shape::set, shape::zset}) CHECK(holds(of, "*0\r\n", absent_value{}));
}

TEST_CASE("held_value: errors are no values, and a key of another type is told from them", "[proxy]") {
    constexpr std::string_view wrong_type = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
    for (const std::string_view error : {wrong_type, std::string_view("-LOADING Redis is loading\r\n"), std::string_view(":1\r\n")}) {
        CHECK_FALSE(held(shape::string, error));
        CHECK_FALSE(held(shape::list, error));
        CHECK(is_other_type(*redis::read_reply(error)) == (error == wrong_type));
    }
}

TEST_CASE("is_same: orders matter in lists only", "[proxy]") {
    CHECK_FALSE(is_same(list_value{{"a", "b"}}, list_value{{"b", "a"}}));
    CHECK(is_same(set_value{{"a", "b"}}, set_value{{"b", "a"}}));
    CHECK(is_same(hash_value{{{"a", "1"}, {"b", "2"}}}, hash_value{{{"b", "2"}, {"a", "1"}}}));
    CHECK(is_same(zset_value{{{"a", 1}, {"b", 1}}}, zset_value{{{"b", 1}, {"a", 1}}}));
}

TEST_CASE("is_same: tells apart what differs in one place", "[proxy]") {
    CHECK_FALSE(is_same(string_value{"a"}, string_value{"b"}));
    CHECK_FALSE(is_same(hash_value{{{"a", "1"}}}, hash_value{{{"a", "2"}}}));
    CHECK_FALSE(is_same(hash_value{{{"a", "1"}}}, hash_value{{{"a", "1"}, {"b", ""}}}));
    CHECK_FALSE(is_same(set_value{{"a"}}, set_value{{"a", "b"}}));
    CHECK_FALSE(is_same(zset_value{{{"a", 1}}}, zset_value{{{"a", 1.0000000000000002}}}));
    CHECK_FALSE(is_same(list_value{{"a"}}, set_value{{"a"}}));
    CHECK_FALSE(is_same(string_value{""}, absent_value{}));
}

TEST_CASE("read_whole: every shape has its command", "[proxy]") {
    CHECK(read_whole(shape::json, "k") == redis::arguments{"GET", "k"});
    CHECK(read_whole(shape::hash, "k") == redis::arguments{"HGETALL", "k"});
    CHECK(read_whole(shape::list, "k") == redis::arguments{"LRANGE", "k", "0", "-1"});
    CHECK(read_whole(shape::set, "k") == redis::arguments{"SMEMBERS", "k"});
    CHECK(read_whole(shape::zset, "k") == redis::arguments{"ZRANGE", "k", "0", "-1", "WITHSCORES"});
}

}  // namespace respgres::proxy
