// Keys that the change stream drops, against real servers.
#include "tests/e2e/follower.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

void becomes(resp_client& client, const std::string& key, const std::string& value) {
    const std::string wanted = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
    eventually(key + " is " + value, [&] { return client.call({"GET", key}) == wanted; });
}

}  // namespace

TEST_CASE("follows changes: a committed row drops its key, a wide key and a single one", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));
    REQUIRE(follower::is_hit(proxy, client, "first", "first"));
    REQUIRE(client.call({"LRANGE", "upto:2", "0", "-1"}) == "*2\r\n$5\r\napple\r\n$4\r\npear\r\n");
    REQUIRE(client.call({"EXISTS", "upto:2"}) == ":1\r\n");

    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    becomes(client, "item:1", "quince");
    becomes(client, "first", "quince");
    eventually("the wide key is dropped", [&] { return client.call({"LINDEX", "upto:2", "0"}) == "$6\r\nquince\r\n"; });
    CHECK(follower::is_hit(proxy, client, "item", "item:1"));

    world.postgres.execute("DELETE FROM items WHERE id = 1");
    eventually("the row is gone", [&] { return client.call({"GET", "item:1"}) == "$-1\r\n"; });
    world.postgres.execute("INSERT INTO items VALUES (1, 'fig')");
    becomes(client, "item:1", "fig");
    world.postgres.execute("TRUNCATE items");
    eventually("all rows are gone", [&] { return client.call({"GET", "item:2"}) == "$-1\r\n"; });
}

TEST_CASE("follows changes: a wide key is found when Redis has lost its registry to a lack of memory", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(redis.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}) == "+OK\r\n");
    REQUIRE(client.call({"LINDEX", "upto:2", "0"}) == "$5\r\napple\r\n");
    REQUIRE(redis.call({"DEL", "respgres:g:upto"}) == ":1\r\n");   // as if evicted
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    eventually("the wide key is dropped", [&] { return client.call({"LINDEX", "upto:2", "0"}) == "$6\r\nquince\r\n"; });
}

TEST_CASE("follows changes: what other rows and rolled-back transactions do drops nothing", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));
    world.postgres.execute("BEGIN; UPDATE items SET name = 'x' WHERE id = 1; ROLLBACK");
    world.postgres.execute("UPDATE items SET name = 'plum 2' WHERE id = 3");
    becomes(client, "item:3", "plum 2");   // whatever came before it has been applied
    const auto misses = stat(proxy, "item", "misses");
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    CHECK(stat(proxy, "item", "misses") == misses);
}

TEST_CASE("follows changes: another proxy takes over when the leader is killed or stands still", "[e2e]") {
    follower world;
    proxy_process first(world.following());
    resp_client at_first(first.port());
    world.wait_until_proved(first, at_first);
    proxy_process second(world.following());
    resp_client client(second.port());
    world.wait_until_proved(second, client);
    const bool is_killed = GENERATE(true, false);
    CAPTURE(is_killed);
    if (is_killed)
        first.kill();
    else
        first.pause();
    eventually("the second leads", [&] { return second.log().find("leads: follows slot") != std::string::npos; }, 5s);
    world.wait_until_proved(second, client);
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    becomes(client, "item:1", "quince");
    CHECK(second.log().find("drops all keys") == std::string::npos);   // it went on where the first had ended
}

TEST_CASE("follows changes: nothing is served from Redis once the bound cannot be proved", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    resp_client redis(world.redis.port());

    SECTION("the watermark is gone: it is rebuilt") {
        REQUIRE(redis.call({"SET", "item:2", "stale"}) == "+OK\r\n");
        REQUIRE(redis.call({"DEL", "respgres:wm:respgres"}) == ":1\r\n");
        becomes(client, "item:2", "pear");
        world.wait_until_proved(proxy, client);
        CHECK(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    }
    SECTION("the slot is dropped: it is made anew, and all keys are dropped") {
        REQUIRE(redis.call({"SET", "item:2", "stale"}) == "+OK\r\n");
        eventually("the slot can be dropped", [&] {
            world.postgres.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
            try {
                world.postgres.execute("SELECT pg_drop_replication_slot('respgres')");
                return true;
            } catch (const std::runtime_error&) {
                return false;   // it is read again
            }
        });
        becomes(client, "item:2", "pear");
        world.wait_until_proved(proxy, client);
    }
}

TEST_CASE("follows changes: without a publication everything is answered from PostgreSQL, and the log says what cures it", "[e2e]") {
    follower world("SELECT 1");
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    CHECK(client.call({"MGET", "item:1", "item:2"}) == "*2\r\n$6\r\nquince\r\n$4\r\npear\r\n");
    eventually("the log tells", [&] { return proxy.log().find("there is no publication") != std::string::npos; });
    // What the proxy cannot evaluate is refused.
    CHECK(client.call({"OBJECT", "ENCODING", "item:1"}).starts_with("-STALE mapping 'item'"));
    world.postgres.execute("CREATE PUBLICATION respgres FOR ALL TABLES");
    world.wait_until_proved(proxy, client);
}

TEST_CASE("follows changes: with unproven = serve, what Redis holds is served and counted", "[e2e]") {
    follower world("SELECT 1");
    proxy_process proxy(world.following("unproven = \"serve\""));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    redis.call({"SET", "item:1", "old"});
    CHECK(client.call({"GET", "item:1"}) == "$3\r\nold\r\n");
    CHECK(stat(proxy, "item", "stale_served") == 1);
}

TEST_CASE("follows changes: PROXY AFTER makes later reads contain a commit", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    for (int i = 0; i < 200; ++i) {
        const std::string name = "v" + std::to_string(i);
        client.call({"GET", "item:1"});
        world.postgres.execute("UPDATE items SET name = '" + name + "' WHERE id = 1");
        const auto rows = world.postgres.execute("SELECT pg_current_wal_insert_lsn()");   // behind the commit, not within it
        REQUIRE(client.call({"PROXY", "AFTER", rows.at(0).at(0)}) == "+OK\r\n");
        REQUIRE(client.call({"GET", "item:1"}) == "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n");
    }
    CHECK(client.call({"PROXY", "AFTER", "x"}).starts_with("-ERR not a log position"));
}

TEST_CASE("follows changes: a transaction that is in the stream before it is visible drops its keys afterwards", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));
    // Nobody is this standby: the commit is flushed and streamed, and not shown to anybody before the name is taken away.
    world.postgres.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    world.postgres.execute("SELECT pg_reload_conf()");
    eventually("commits wait", [&] { return world.postgres.execute("SHOW synchronous_standby_names").at(0).at(0) == "nobody"; });
    std::thread writer([&] { world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1"); });
    eventually("the transaction was streamed and waits", [&] { return stat(proxy, "", "held_back") > 0; });
    for (int i = 0; i < 50; ++i) REQUIRE(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    world.postgres.execute("ALTER SYSTEM RESET synchronous_standby_names");
    world.postgres.execute("SELECT pg_reload_conf()");
    writer.join();
    becomes(client, "item:1", "quince");
}

TEST_CASE("follows changes: keys that were filled before a rule named all of them are dropped, too", "[e2e]") {
    follower world;
    // The auditor would find what is not dropped.
    auto config = world.following({}, "audit_rate = 0");
    {
        proxy_process before(config);
        resp_client client(before.port());
        world.wait_until_proved(before, client);
        REQUIRE(follower::is_hit(before, client, "item", "item:1"));
    }
    config.sections += "[rule.placed]\non_command = \"XADD placed\"\ndrops = [\"item:*\"]\n";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:2"));
    resp_client redis(world.redis.port());
    CHECK(redis.call({"SISMEMBER", "respgres:g:item", "item:1"}) == ":0\r\n");
    CHECK(redis.call({"GET", "item:1"}) == "$5\r\napple\r\n");

    world.postgres.execute("TRUNCATE items");

    eventually("the row is gone", [&] { return client.call({"GET", "item:1"}) == "$-1\r\n"; });
    CHECK(client.call({"GET", "item:2"}) == "$-1\r\n");
}

TEST_CASE("follows changes: earlier data that Redis is given under its connections are noticed at once", "[e2e]") {
    follower world;
    proxy_process proxy(world.following("bound = \"1s\""));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));
    REQUIRE(redis.call({"SAVE"}) == "+OK\r\n");
    const stopwatch since_saved;
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    becomes(client, "item:1", "quince");
    eventually("what was saved is older than the bound", [&] { return since_saved.elapsed() > 1'200ms; });
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));

    REQUIRE(redis.call({"DEBUG", "RELOAD", "NOSAVE"}) == "+OK\r\n");
    REQUIRE(redis.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    eventually("the proxy is told", [&] { return proxy.log().find("Redis was given other data") != std::string::npos; });
    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    becomes(client, "item:1", "quince");
    eventually("keys are served again", [&] { return follower::is_hit(proxy, client, "item", "item:1"); });
    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
}
