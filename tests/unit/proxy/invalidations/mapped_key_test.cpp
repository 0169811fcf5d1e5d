#include "proxy/invalidations/mapped_key.hpp"

#include <catch2/catch.hpp>

#include <variant>

using namespace respgres::proxy;

namespace {

key_pattern pattern_of(std::string_view text) {
    return std::get<key_pattern>(key_pattern::parse(text));
}

}  // namespace

TEST_CASE("mapped_key: the pattern takes the values out of the key again", "[invalidations]") {
    struct example {
        const char* pattern;
        std::vector<std::string_view> values;
        const char* key;
    };
    const std::vector<example> examples{
        {"recent", {}, "recent"},
        {"user:{id:int}", {"-42"}, "user:-42"},
        {"{{bets}}:{status}:day", {"OPEN:late"}, "{bets}:OPEN:late:day"},
        {"d:{day:date}-{n:int}", {"2025-01-31", "-7"}, "d:2025-01-31--7"},
    };
    for (const auto& each : examples) {
        const auto pattern = pattern_of(each.pattern);
        const auto key = make_key(pattern.segments(), each.values);
        captures taken;

        CHECK(key == each.key);
        REQUIRE(pattern.match(key, taken));
        CHECK(taken.invalid == nullptr);
        CHECK(taken.values == each.values);
    }
}

TEST_CASE("mapped_key: a key that was taken apart is made again, whatever its values look like", "[invalidations]") {
    const auto pattern = pattern_of("a:{x}:b:{y}");
    for (const std::string_view key : {"a:1:b:2", "a:p:b:q:b:r", "a::b::b:x", "a:é:b: "}) {
        captures taken;
        REQUIRE(pattern.match(key, taken));
        CHECK(make_key(pattern.segments(), taken.values) == key);
    }
}

TEST_CASE("mapped_key: only a uuid can be written in two ways", "[invalidations]") {
    const auto pattern = pattern_of("u:{id:uuid}:{name}");
    captures taken;
    REQUIRE(pattern.match("u:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11:ABC", taken));
    CHECK(is_canonical(pattern, taken));
    REQUIRE(pattern.match("u:A0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11:abc", taken));
    CHECK(!is_canonical(pattern, taken));
}
