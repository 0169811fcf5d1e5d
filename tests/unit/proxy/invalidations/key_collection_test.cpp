#include "proxy/invalidations/key_collection.hpp"

#include <catch2/catch.hpp>

namespace {

using respgres::proxy::key_collection;
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("key_collection: gives each key once, sorted, behind what is there", "[invalidations]") {
    key_collection keys(10);
    for (const char* each : {"c", "a", "c", "b", "a"}) keys.add(each);
    list out{"z"};

    CHECK(keys.finish(out));

    CHECK(out == list{"z", "a", "b", "c"});
}

TEST_CASE("key_collection: too many are those that differ, not those that come", "[invalidations]") {
    key_collection keys(10);
    for (int i = 0; i < 1'000; ++i) {
        keys.add(std::to_string(i % 10));
        REQUIRE_FALSE(keys.has_too_many());
    }
    list out;

    SECTION("as many as may be") {
        CHECK(keys.finish(out));
        CHECK(out.size() == 10);
    }
    SECTION("one more, told at last") {
        keys.add("10");
        CHECK_FALSE(keys.finish(out));
        CHECK(out.empty());
    }
    SECTION("many more, told soon") {
        int added = 0;
        for (; !keys.has_too_many() && added < 100; ++added) keys.add("more" + std::to_string(added));
        CHECK(added <= 10);
    }
}
