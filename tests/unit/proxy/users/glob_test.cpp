#include "proxy/users/glob.hpp"

#include <catch2/catch.hpp>

#include <string>

using respgres::proxy::matches_glob;

TEST_CASE("glob: matches as Redis does", "[proxy]") {
    struct example {
        std::string_view pattern;
        std::string_view text;
        bool matches;
    };
    const example examples[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"*", "", true},
        {"*", "anything", true},
        {"a*", "a", true},
        {"a*", "ba", false},
        {"*a", "ba", true},
        {"a*c", "abbbc", true},
        {"a*c", "abbb", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"**a**", "xay", true},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "acb", false},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[^abc]", "d", true},
        {"[^abc]", "a", false},
        {"[a-c]x", "bx", true},
        {"[c-a]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"[\\]]", "]", true},
        {"a\\", "a\\", true},
        {"[abc", "c", true},
        {"A", "a", false},
        {"bets:*", "bets:", true},
        {"bets:*", "bet", false},
        {"bets:*", "bets:7:x", true},
        {"?", "\xff", true},
    };
    for (const example& each : examples) {
        INFO("'" << each.pattern << "' and '" << each.text << "'");
        CHECK(matches_glob(each.pattern, each.text) == each.matches);
    }
    CHECK(matches_glob(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

TEST_CASE("glob: many stars on a long text end soon", "[proxy]") {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "a*";
    pattern += "b";

    CHECK_FALSE(matches_glob(pattern, std::string(20'000, 'a')));   // exponential, if each star were tried with each other
}
