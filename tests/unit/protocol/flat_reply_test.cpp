#include "protocol/resp/flat_reply.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace respgres::protocol {

namespace {

std::string resp2_of(const std::string& reply) {
    const auto [head, rest] = in_resp2(reply);
    return head + std::string(rest);
}

}  // namespace

TEST_CASE("flat_reply: maps, sets and nulls become what RESP2 has in their place, other replies stay", "[protocol]") {
    CHECK(resp2_of("%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n") == "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n");
    CHECK(resp2_of("%0\r\n") == "*0\r\n");
    CHECK(resp2_of("%50000\r\n") == "*100000\r\n");
    CHECK(resp2_of("~1\r\n$1\r\na\r\n") == "*1\r\n$1\r\na\r\n");
    CHECK(resp2_of("_\r\n") == "$-1\r\n");
    for (const std::string same : {"$1\r\na\r\n", "*1\r\n$1\r\n%\r\n", "*0\r\n", "-WRONGTYPE no\r\n", ":1\r\n", ""})
        CHECK(resp2_of(same) == same);
}

}  // namespace respgres::protocol
