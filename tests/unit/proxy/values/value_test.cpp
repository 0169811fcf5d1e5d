#include "proxy/values/value.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;

TEST_CASE("value: type_name is what TYPE answers", "[values]") {
    CHECK(type_name(absent_value{}) == "none");
    CHECK(type_name(string_value{}) == "string");
    CHECK(type_name(hash_value{}) == "hash");
    CHECK(type_name(list_value{}) == "list");
    CHECK(type_name(set_value{}) == "set");
    CHECK(type_name(zset_value{}) == "zset");
}

TEST_CASE("value: size_of is the payload: names, values, and eight bytes a score", "[values]") {
    CHECK(size_of(absent_value{}) == 0);
    CHECK(size_of(string_value{"abc"}) == 3);
    CHECK(size_of(hash_value{{{"ab", "c"}, {"d", ""}}}) == 4);
    CHECK(size_of(list_value{{"a", "", "bc"}}) == 3);
    CHECK(size_of(set_value{{"a", "bc"}}) == 3);
    CHECK(size_of(zset_value{{{"abc", 1.0}, {"d", 2.0}}}) == 20);
}
