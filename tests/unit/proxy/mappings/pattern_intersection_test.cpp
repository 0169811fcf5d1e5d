#include "proxy/mappings/key_pattern.hpp"

#include "tests/unit/proxy/mappings/patterns.hpp"

#include <set>

using namespace respgres::proxy;
using namespace respgres::tests;

namespace {

bool meet(std::string_view a, std::string_view b) {
    const auto first = pattern(a), second = pattern(b);
    const bool yes = first.intersects(second);
    CHECK(second.intersects(first) == yes);
    return yes;
}

bool matches(const key_pattern& p, std::string_view key) {
    captures out;
    return p.match(key, out) && !out.invalid;
}

// All texts over `alphabet` of at most `longest` bytes.
std::vector<std::string> all_texts(std::string_view alphabet, std::size_t longest) {
    std::vector<std::string> out{""};
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i].size() == longest) continue;
        for (const char c : alphabet) out.push_back(out[i] + c);
    }
    return out;
}

}  // namespace

TEST_CASE("key_pattern: patterns that differ in their text share no key", "[mappings]") {
    CHECK_FALSE(meet("a", "b"));
    CHECK_FALSE(meet("a", "ab"));
    CHECK_FALSE(meet("a:{x}", "b:{x}"));
    CHECK_FALSE(meet("a:{x}:x", "a:{y}:y"));
    CHECK_FALSE(meet("{{a}}:{x}", "[a]:{x}"));
    CHECK_FALSE(meet("user:{id}:name", "user:{id}:mail"));
    CHECK_FALSE(meet("user:{id:int}:bets:{n:int}", "user:{id:int}:wins:{n:int}"));
    CHECK_FALSE(meet("user:{id:int}:bets:{s}", "user:{id:int}:wins:{s}"));
    CHECK_FALSE(meet("user:{id}:bets:{n:int}", "user:{id}:wins:{n:int}"));
}

TEST_CASE("key_pattern: captures whose values cannot be equal keep patterns apart", "[mappings]") {
    CHECK_FALSE(meet("a:{x:int}", "a:{x:uuid}"));
    CHECK_FALSE(meet("a:{x:int}", "a:{x:date}"));
    CHECK_FALSE(meet("a:{x:uuid}", "a:{x:date}"));
    CHECK_FALSE(meet("a:{x:int}", "a:all"));
    CHECK_FALSE(meet("a:{x:int}", "a:b{x:int}"));
    CHECK_FALSE(meet("a:{x:date}", "a:{x:int}-{y:int}"));
    CHECK_FALSE(meet("a:{x:uuid}:b", "a:{x:int}:b"));
    CHECK_FALSE(meet("a:{x:uuid}", "a:{x:uuid}:{y}"));
    CHECK_FALSE(meet("a:{x:int}:{y}", "a:{x:int}"));
    CHECK_FALSE(meet("a:{x}", "a:"));
}

TEST_CASE("key_pattern: patterns that share a key say so", "[mappings]") {
    CHECK(meet("a", "a"));
    CHECK(meet("a:{x}", "a:{y}"));
    CHECK(meet("a:{x}", "a:{y:int}"));
    CHECK(meet("a:{x}", "a:b"));
    CHECK(meet("a:{x:int}", "a:{y:int}"));
    CHECK(meet("a:{x:int}", "a:1{y:int}"));
    CHECK(meet("a:{x:int}", "a:-{y:int}"));
    CHECK(meet("a:{x:uuid}", "a:{y:uuid}"));
    CHECK(meet("a:{x:date}", "a:{y:int}-{m}-{d}"));
    CHECK(meet("a:{x}", "a:{x}:{y}"));
    CHECK(meet("a:{x}:b", "a:b:{x}"));
    CHECK(meet("user:{id}:bets:{s}", "user:{id}:wins:{s}"));
    CHECK(meet("{{a}}:{x}", "{{a}}:b"));
}

TEST_CASE("key_pattern: intersects never misses a key that two patterns share", "[mappings]") {
    constexpr std::string_view alphabet = "1-a";
    const auto keys = all_texts(alphabet, 7);
    std::mt19937 random(20261122);
    std::size_t sharing = 0, exact = 0, pairs = 0;
    for (int round = 0; round < 500; ++round) {
        const auto a = pattern(random_pattern(random, alphabet)), b = pattern(random_pattern(random, alphabet));
        const auto both = [&](const std::string& key) { return matches(a, key) && matches(b, key); };
        bool share = std::any_of(keys.begin(), keys.end(), both);
        // Keys with a date or uuid are longer than all_texts goes.
        for (int i = 0; i < 40 && !share; ++i)
            share = both(random_key(random, a.text(), alphabet)) || both(random_key(random, b.text(), alphabet));
        const auto said = a.intersects(b);
        INFO(a.text() << " and " << b.text());
        CHECK(said == b.intersects(a));
        if (share) CHECK(said);
        sharing += share;
        exact += share == said;
        ++pairs;
    }
    CHECK(sharing > 10);
    // Where it says yes without such a key, there is none, or one longer than we looked at; seldom.
    CHECK(exact * 100 > pairs * 90);
}

TEST_CASE("key_pattern: the key that shows an intersection mostly matches both", "[mappings]") {
    for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{{"a:{x}", "a:{y}"},
                                                                               {"a:{x:int}", "a:{y}"},
                                                                               {"a:{x:uuid}", "a:{y:uuid}"},
                                                                               {"a:{x:date}", "a:{y}-{z}"},
                                                                               {"user:{id}:bets:{s}", "user:{id}:wins:{s}"}}) {
        const auto key = pattern(a).common_key(pattern(b));
        REQUIRE(key);
        INFO(*key);
        CHECK(matches(pattern(a), *key));
        CHECK(matches(pattern(b), *key));
    }
}
