#include "tests/consistency/items.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace respgres::tests::consistency {

namespace {

using rows = std::map<unsigned, version>;
using kind = watched_key::kind;

const item_set eight(8);   // two groups

// name of the cell -> version, of those that are there
std::map<std::string, version> seen_in(const watched_key& key, std::string_view reply) {
    std::map<std::string, version> found;
    for (const read& r : eight.reads(key, reply, {}))
        if (r.seen) found.emplace(eight.name_of(r.where), *r.seen);
    return found;
}

}  // namespace

TEST_CASE("items: the rows of a reply are found in JSON of either spelling and in a hash", "[consistency]") {
    CHECK(rows_in("$38\r\n{\"id\":5,\"version\":12,\"grp\":3,\"pad\":\"x\"}\r\n") == rows{{5, 12}});
    CHECK(rows_in("$60\r\n[{\"id\" : 5, \"version\" : 12}, {\"id\" : 17, \"version\" : 3}]\r\n") == rows{{5, 12}, {17, 3}});
    CHECK(rows_in("*8\r\n$2\r\nid\r\n$1\r\n5\r\n$7\r\nversion\r\n$2\r\n12\r\n$3\r\ngrp\r\n$1\r\n3\r\n$3\r\npad\r\n$1\r\nx\r\n") ==
          rows{{unnamed, 12}});
    CHECK(rows_in("$-1\r\n").empty());
    CHECK(rows_in("$2\r\n[]\r\n").empty());
    CHECK(rows_in("*0\r\n").empty());
}

TEST_CASE("items: a key's value tells of each row that could be in it", "[consistency]") {
    CHECK(eight.reads({kind::item, 3}, "$-1\r\n", {}).size() == 1);
    CHECK(eight.reads({kind::everything, 0}, "$-1\r\n", {}).size() == 8);
    CHECK(eight.reads({kind::group, 0}, "$2\r\n[]\r\n", {}).size() == 8);   // with two groups each row can be in both
    CHECK(item_set(16).reads({kind::group, 0}, "$2\r\n[]\r\n", {}).size() == 8);

    CHECK(seen_in({kind::item, 3}, "{\"id\":3,\"version\":9}") == std::map<std::string, version>{{"item:3", 9}});
    CHECK(seen_in({kind::group, 1}, "[{\"id\":3,\"version\":9}]") == std::map<std::string, version>{{"group:1, row 3", 9}});
    CHECK(seen_in({kind::everything, 0}, "[{\"id\":3,\"version\":9}]") == std::map<std::string, version>{{"everything, row 3", 9}});
}

TEST_CASE("items: a version is absent from the keys that do not show the row then", "[consistency]") {
    const auto shown = [](const item_version& made) {
        std::vector<std::string> names;
        for (const write& w : eight.writes(3, made, {}, {}, true))
            if (!w.absent) names.push_back(eight.name_of(w.where));
        return names;
    };
    using names = std::vector<std::string>;

    CHECK(shown({7, true, 1}) == names{"item:3", "row:3", "group:1, row 3", "everything, row 3"});
    CHECK(shown({8, true, 0}) == names{"item:3", "row:3", "group:0, row 3", "everything, row 3"});
    CHECK(shown({9, false, 0}).empty());
    CHECK(eight.keys_of(3) == names{"item:3", "row:3", "group:1", "group:0", "everything"});
}

}  // namespace respgres::tests::consistency
