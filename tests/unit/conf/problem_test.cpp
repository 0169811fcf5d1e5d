#include "conf/problem.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;

TEST_CASE("problem: is shown as compilers show it, without the parts that are not known", "[conf]") {
    CHECK(to_string(problem{{"a.toml", 3, 7}, "wrong"}) == "a.toml:3:7: wrong");
    CHECK(to_string(problem{{"a.toml", 3, 0}, "wrong"}) == "a.toml:3: wrong");
    CHECK(to_string(problem{{"a.toml", 0, 0}, "wrong"}) == "a.toml: wrong");
    CHECK(to_string(problem{{"", 3, 7}, "wrong"}) == "3:7: wrong");
    CHECK(to_string(problem{{}, "wrong"}) == "wrong");
}

TEST_CASE("nearest: finds the word that a typing error hides, and nothing further away than a third of its length", "[conf]") {
    const std::vector<std::string_view> words{"key", "ttl", "query", "negative_ttl", "ttl_jitter"};

    CHECK(nearest("tll", words) == "ttl");
    CHECK(nearest("quary", words) == "query");
    CHECK(nearest("quer", words) == "query");
    CHECK(nearest("ttl", words) == "ttl");
    CHECK(nearest("TTL", words) == "ttl");
    CHECK(nearest("negativ_tll", words) == "negative_ttl");
    CHECK(nearest("txx", words).empty());        // two of three letters
    CHECK(nearest("tl", words).empty());         // a third of two letters is none
    CHECK(nearest("", words).empty());
    CHECK(nearest("ttl", {}).empty());
    CHECK(nearest(std::string(1'000'000, 't'), words).empty());
}
