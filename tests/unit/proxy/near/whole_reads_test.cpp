#include "proxy/near/whole_reads.hpp"

#include <catch2/catch.hpp>

#include <string_view>
#include <vector>

namespace respgres::proxy {

TEST_CASE("whole_reads: each shape has one command that reads all of a value, with just these words", "[proxy]") {
    using conf::shape;
    using words = std::vector<std::string_view>;
    struct row {
        shape of;
        words command;
    };
    const std::vector<row> whole{
        {shape::string, {"get", "k"}},
        {shape::json, {"get", "k"}},
        {shape::json_row, {"get", "k"}},
        {shape::counter, {"get", "k"}},
        {shape::hash, {"hgetall", "k"}},
        {shape::set, {"smembers", "k"}},
        {shape::list, {"lrange", "k", "0", "-1"}},
        {shape::zset, {"zrange", "k", "0", "-1"}},
    };
    for (const row& each : whole) {
        INFO(each.command[0]);
        CHECK(reads_whole(each.of, each.command[0], each.command));
    }
    const std::vector<row> others{
        {shape::hash, {"get", "k"}},
        {shape::string, {"hgetall", "k"}},
        {shape::string, {"strlen", "k"}},
        {shape::list, {"lrange", "k", "0", "9"}},
        {shape::list, {"lrange", "k", "0"}},
        {shape::zset, {"zrange", "k", "0", "-1", "WITHSCORES"}},
        {shape::zset, {"lrange", "k", "0", "-1"}},
        {shape::set, {"smembers", "k", "more"}},
    };
    for (const row& each : others) {
        INFO(each.command[0]);
        CHECK_FALSE(reads_whole(each.of, each.command[0], each.command));
    }
}

}  // namespace respgres::proxy
