#include "proxy/near/near_keys.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace respgres::proxy {

namespace {

near_keys keys_of(std::initializer_list<const char*> names) {
    conf::near_cache_settings settings;
    for (const char* name : names) settings.keys.push_back({name, {}});
    return near_keys(settings);
}

}  // namespace

TEST_CASE("near_keys: holds whole keys, and all that begin with a text before a star", "[near]") {
    const near_keys keys = keys_of({"flag:*", "config", "flag", "flagship*", "con"});
    for (const char* key : {"flag:", "flag:a", "config", "flag", "flagship", "flagship:1", "con"}) {
        INFO(key);
        CHECK(keys.hold(key));
        CHECK(keys.may_hold(key));
    }
    for (const char* key : {"", "f", "fla", "flags", "config:a", "confi", "conf", "other"}) {
        INFO(key);
        CHECK_FALSE(keys.hold(key));
    }
    CHECK_FALSE(keys.may_hold("other"));
    CHECK_FALSE(keys.empty());
}

TEST_CASE("near_keys: a star alone holds every key but the empty one, and nothing holds none", "[near]") {
    const near_keys all = keys_of({"*"});
    CHECK(all.hold("x"));
    CHECK(all.hold(std::string(1, '\0')));
    const near_keys none = keys_of({});
    CHECK(none.empty());
    CHECK_FALSE(none.hold("x"));
    CHECK_FALSE(none.hold(""));
}

}  // namespace respgres::proxy
