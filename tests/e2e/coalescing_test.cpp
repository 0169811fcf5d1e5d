// Drops of hot wide mappings, gathered by coalesce_ms.
#include "tests/e2e/follower.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// The wide mapping `upto` and the single key `first` coalesce.
proxy_config coalescing(const follower& world, int milliseconds) {
    proxy_config made = world.following();
    for (const std::string header : {"[mapping.upto]\n", "[mapping.first]\n"})
        made.mappings.insert(made.mappings.find(header) + header.size(), "coalesce_ms = " + std::to_string(milliseconds) + "\n");
    return made;
}

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

void rename_item(follower& world, const std::string& name) {
    world.postgres.execute("UPDATE items SET name = '" + name + "' WHERE id = 1");
}

// A change that drops at once, so that the windows of upto and first are open; both are filled behind it.
void open_windows(follower& world, const proxy_process& leader, resp_client& client) {
    const auto before = stat(leader, "", "wide_invalidations");
    rename_item(world, "opens");
    eventually("the first change drops at once", [&] { return stat(leader, "", "wide_invalidations") == before + 2; });
    eventually("both are stored", [&] {
        client.call({"LINDEX", "upto:2", "0"});
        client.call({"GET", "first"});
        return client.call({"EXISTS", "upto:2", "first"}) == ":2\r\n" && follower::is_hit(leader, client, "first", "first");
    });
}

}  // namespace

TEST_CASE("coalescing: many changes are few drops, and the last is always dropped", "[e2e]") {
    follower world;
    proxy_process proxy(coalescing(world, 1'000));
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    const auto before = stat(proxy, "", "wide_invalidations");
    std::int64_t changes = 0;
    for (const stopwatch watch; watch.elapsed() < 3s || changes < 300; ++changes) {
        client.call({"LINDEX", "upto:2", "0"});
        rename_item(world, "v" + std::to_string(changes));
    }
    rename_item(world, "last");
    eventually("the last is seen", [&] { return client.call({"LINDEX", "upto:2", "0"}) == bulk("last"); });
    eventually("the last is seen in the single key", [&] { return client.call({"GET", "first"}) == bulk("last"); });
    CHECK((stat(proxy, "", "wide_invalidations") - before) * 10 <= changes);
    CHECK(stat(proxy, "", "coalesced") > changes);   // two mappings
    CHECK(follower::meta(client, "upto:2", "bound_ms") == "4000");
    CHECK(follower::meta(client, "item:1", "bound_ms") == "3000");
}

// While the drop is owed PostgreSQL answers; Redis does again once the drop is made.
TEST_CASE("coalescing: PROXY AFTER is kept while a drop is put off", "[e2e]") {
    follower world;
    proxy_process proxy(coalescing(world, 300));
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    for (int i = 0; i < 10; ++i) {
        const std::string name = "v" + std::to_string(i);
        rename_item(world, name);
        const auto rows = world.postgres.execute("SELECT pg_current_wal_insert_lsn()");
        REQUIRE(client.call({"PROXY", "AFTER", rows.at(0).at(0)}) == "+OK\r\n");
        eventually("Redis answers again", [&] {
            const auto hits = stat(proxy, "upto", "hits");
            REQUIRE(client.call({"LINDEX", "upto:2", "0"}) == bulk(name));
            return stat(proxy, "upto", "hits") > hits;
        });
        REQUIRE(client.call({"PROXY", "AFTER", "0/0"}) == "+OK\r\n");
    }
}

TEST_CASE("coalescing: a drop that a killed leader owes is made by the one that takes over", "[e2e]") {
    follower world;
    proxy_process leader(coalescing(world, 60'000));
    resp_client at_leader(leader.port());
    world.wait_until_proved(leader, at_leader);
    proxy_process other(coalescing(world, 60'000));
    resp_client client(other.port());
    world.wait_until_proved(other, client);
    open_windows(world, leader, at_leader);
    rename_item(world, "owed");
    eventually("the drop is put off", [&] { return stat(leader, "", "coalesced") >= 2; });
    // The watermark's time goes on meanwhile, and Redis serves.
    CHECK(follower::is_hit(other, client, "upto", "upto:2"));
    CHECK(client.call({"LINDEX", "upto:2", "0"}) == bulk("opens"));

    leader.kill();
    eventually("the other has dropped it", [&] { return client.call({"LINDEX", "upto:2", "0"}) == bulk("owed"); });
    world.wait_until_proved(other, client);
    CHECK(client.call({"LINDEX", "upto:2", "0"}) == bulk("owed"));
    CHECK(client.call({"GET", "first"}) == bulk("owed"));
    CHECK(other.log().find("drops all keys") == std::string::npos);
}

TEST_CASE("coalescing: PROXY INVALIDATE drops at once", "[e2e]") {
    follower world;
    proxy_process proxy(coalescing(world, 60'000));
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    open_windows(world, proxy, client);
    rename_item(world, "later");
    eventually("the drop is put off", [&] { return stat(proxy, "", "coalesced") >= 2; });
    CHECK(client.call({"PROXY", "INVALIDATE", "upto:2"}) == ":1\r\n");
    CHECK(client.call({"LINDEX", "upto:2", "0"}) == bulk("later"));
    CHECK(client.call({"GET", "first"}) == bulk("opens"));
}
