#include "proxy/fills/store_payload.hpp"
#include "proxy/fills/lease_token.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace respgres::proxy {

namespace {

using words = std::vector<std::string>;

words payload_of(const value& v) {
    std::vector<std::string> numbers;
    const auto views = store_payload(v, numbers);
    return {views.begin(), views.end()};
}

}  // namespace

TEST_CASE("store_payload: the kind, then the data as the Redis command of that kind takes it", "[proxy]") {
    CHECK(payload_of(absent_value{}) == words{"absent"});
    CHECK(payload_of(string_value{"x\r\n"}) == words{"string", "x\r\n"});
    CHECK(payload_of(string_value{""}) == words{"string", ""});
    CHECK(payload_of(hash_value{{{"a", "1"}, {"b", ""}}}) == words{"hash", "a", "1", "b", ""});
    CHECK(payload_of(list_value{{"x", "y", "x"}}) == words{"list", "x", "y", "x"});
    CHECK(payload_of(set_value{{"x", "y"}}) == words{"set", "x", "y"});
    CHECK(payload_of(zset_value{{{"x", 1}, {"y", 2.5}}}) == words{"zset", "1", "x", "2.5", "y"});
}

TEST_CASE("store_payload: bytes of any kind pass as they are", "[proxy]") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    CHECK(payload_of(string_value{bytes}) == words{"string", bytes});
    CHECK(payload_of(list_value{{bytes}}) == words{"list", bytes});
}

TEST_CASE("store_payload: scores read back as the same double, infinities as Redis spells them", "[proxy]") {
    const std::vector<double> scores{0.1, 1.0 / 3, 1e300, 5e-324, -2.5, std::numeric_limits<double>::max(), 9007199254740993.0, 0};
    for (const double score : scores) {
        const std::string text = payload_of(zset_value{{{"m", score}}}).at(1);
        INFO(text);
        CHECK(std::strtod(text.c_str(), nullptr) == score);
    }
    CHECK(payload_of(zset_value{{{"m", std::numeric_limits<double>::infinity()}}}).at(1) == "inf");
    CHECK(payload_of(zset_value{{{"m", -std::numeric_limits<double>::infinity()}}}).at(1) == "-inf");
}

TEST_CASE("store_payload: the views stay valid for many scores, and the scratch memory can be used again", "[proxy]") {
    zset_value many;
    for (int i = 0; i < 1000; ++i) many.members.emplace_back("m" + std::to_string(i), i + 0.5);
    const value stored = many;
    std::vector<std::string> numbers{"left", "over"};

    const auto views = store_payload(stored, numbers);

    REQUIRE(views.size() == 2001);
    for (std::size_t i = 0; i < 1000; ++i) {
        REQUIRE(views[1 + 2 * i] == std::to_string(i) + ".5");
        REQUIRE(views[2 + 2 * i] == "m" + std::to_string(i));
    }
}

TEST_CASE("lease_token: 128 bits in hex, never the same twice", "[proxy]") {
    std::set<std::string> tokens;
    std::set<std::uint32_t> jitters;
    for (int i = 0; i < 10'000; ++i) {
        const std::string token = lease_token();
        REQUIRE(token.size() == 32);
        REQUIRE(token.find_first_not_of("0123456789abcdef") == std::string::npos);
        tokens.insert(token);
        jitters.insert(token_jitter(token) % 1000);
    }
    CHECK(tokens.size() == 10'000);
    CHECK(jitters.size() > 900);   // polls of proxies that wait for one lease spread over the whole millisecond
}

TEST_CASE("lease_token: a number from a short text is no read beyond its end", "[proxy]") {
    CHECK(token_jitter("") == 0);
    CHECK(token_jitter("a") == token_jitter(std::string("a\0\0\0", 4)));
}

}  // namespace respgres::proxy
