// What a fill is and is not: its limits, its life in Redis, its errors.
#include "tests/e2e/crowd.hpp"
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* nil = "$-1\r\n";
constexpr const char* apple = "$5\r\napple\r\n";

std::int64_t integer(const std::string& reply) {
    if (!reply.starts_with(':')) throw std::runtime_error("no integer: '" + reply + "'");
    return std::stoll(reply.substr(1));
}

// One proxy in front of the shop, a client of it and one of Redis itself.
struct filled_shop : shop {
    // `workers` = 1: all clients share the worker, and so its flights.
    explicit filled_shop(const std::string& mappings, int workers = 2)
        : proxy([&] {
              proxy_config made = config(mappings);
              made.server_options = "workers = " + std::to_string(workers);
              return made;
          }()),
          client(proxy.port()),
          direct(redis.port()) {}

    std::int64_t count(std::string_view name, std::string_view mapping = "item") const { return stat(proxy, mapping, name); }

    proxy_process proxy;
    resp_client client;
    resp_client direct;
};

std::string mapping(const std::string& name, const std::string& key, const std::string& query, const std::string& options = {}) {
    return "[mapping." + name + "]\nkey = \"" + key + "\"\nttl = \"1m\"\nquery = \"" + query + "\"\n" + options + "\n";
}

}  // namespace

TEST_CASE("fills: a key without a row costs one query per negative TTL", "[e2e]") {
    filled_shop world(shop::item(shop::quick_query, "negative_ttl = \"2s\""));
    for (int i = 0; i < 20; ++i) REQUIRE(world.client.call({"GET", "item:99"}) == nil);
    CHECK(world.executions() == 1);
    CHECK(world.count("negative_hits") + world.count("joined") == 19);   // joined: asked before the first one's memory was stored
    CHECK(world.count("misses") == 20);
    CHECK(world.count("hits") == 0);

    eventually("the negative TTL passes", [&] { return world.client.call({"GET", "item:99"}) == nil && world.count("fills") == 2; });
    CHECK(world.executions() == 2);
}

TEST_CASE("fills: a large value reaches a client that is slow to read whole and in order", "[e2e]") {
    const std::string large = "SELECT repeat(name, 1000000) AS name FROM items WHERE id = :id";
    filled_shop world(shop::item(large));
    const auto value_of = [](const std::string& name) {
        std::string bytes;
        for (int i = 0; i < 1'000'000; ++i) bytes += name;
        return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
    };
    // Alone, and in front of and behind other replies.
    world.client.send({"GET", "item:1"});
    eventually("it is stored", [&] { return world.direct.call({"EXISTS", "item:1"}) == ":1\r\n"; });
    CHECK(world.client.read_reply() == value_of("apple"));
    world.client.send_raw(resp_client::encode({"PING"}) + resp_client::encode({"GET", "item:2"}) + resp_client::encode({"GET", "item:3"}) +
                          resp_client::encode({"PING"}));
    eventually("both are stored", [&] { return world.direct.call({"EXISTS", "item:2", "item:3"}) == ":2\r\n"; });
    CHECK(world.client.read_reply() == "+PONG\r\n");
    CHECK(world.client.read_reply() == value_of("pear"));
    CHECK(world.client.read_reply() == value_of("plum"));
    CHECK(world.client.read_reply() == "+PONG\r\n");
    CHECK(world.count("fills") == 3);
}

TEST_CASE("fills: with negative_ttl = 0 a missing row is not remembered", "[e2e]") {
    filled_shop world(shop::item(shop::quick_query, "negative_ttl = \"0s\""));

    // A read may share the query of the one before it, whose lease is not given back yet, but no older one.
    for (int i = 0; i < 9; ++i) REQUIRE(world.client.call({"GET", "item:99"}) == nil);

    CHECK(world.executions() >= 3);
    eventually("nothing is left in Redis", [&] { return world.direct.call({"DBSIZE"}) == ":0\r\n"; });
}

TEST_CASE("fills: with negative_ttl = 0 a read after a DEL does not share the query that was begun before it", "[e2e]") {
    // The sleep comes with or without a row; the row is looked up in the snapshot from before it.
    filled_shop world(
        shop::item("SELECT name FROM pg_sleep((SELECT seconds FROM slowness)) LEFT JOIN items ON id = :id WHERE name IS NOT NULL",
                   "negative_ttl = \"0s\""),
        1);
    resp_client second(world.proxy.port());
    world.sleep_in_queries("1");
    world.client.send({"GET", "item:99"});
    eventually("the fill is under way",
               [&] { return world.postgres.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").size() == 1; });

    world.postgres.execute("INSERT INTO items VALUES (99, 'new'); UPDATE slowness SET seconds = 0");
    CHECK(second.call({"DEL", "item:99"}) == ":0\r\n");

    CHECK(second.call({"GET", "item:99"}) == "$3\r\nnew\r\n");
}

TEST_CASE("fills: the TTL is jittered within its range, and the same for the same key", "[e2e]") {
    filled_shop world(
        "[mapping.jittered]\nkey = \"jittered:{id:int}\"\nttl = \"1000s\"\nttl_jitter = 0.5\n"
        "query = \"SELECT 'x' WHERE :id > 0\"\n");
    const auto fill = [&world](const std::string& key) {
        REQUIRE(world.client.call({"GET", key}) == "$1\r\nx\r\n");
        // The reply may come before the value is stored.
        eventually("the value is stored", [&] { return integer(world.direct.call({"PTTL", key})) > 0; });
        return integer(world.direct.call({"PTTL", key}));
    };
    std::set<std::int64_t> seconds;
    for (int i = 1; i <= 30; ++i) {
        const std::string key = "jittered:" + std::to_string(i);
        const auto first = fill(key);
        CHECK(first > 490'000);
        CHECK(first <= 1'000'000);
        seconds.insert(first / 10'000);

        REQUIRE(world.client.call({"DEL", key}) == ":1\r\n");
        const auto second = fill(key);
        CHECK(std::abs(first - second) < 5'000);
    }
    CHECK(seconds.size() > 10);   // of 50 stretches of 10 s, 30 keys should meet many
}

TEST_CASE("fills: a result with too many rows or bytes is an error by name, and is not cached", "[e2e]") {
    filled_shop world(mapping("rows", "rows:{n:int}", "SELECT generate_series(1, :n)", "shape = \"list\"\nmax_rows = 3") +
                      mapping("bytes", "bytes:{n:int}", "SELECT repeat('x', CAST(:n AS int))", "max_bytes = \"100B\""));
    CHECK(world.client.call({"LLEN", "rows:3"}) == ":3\r\n");
    CHECK(world.client.call({"STRLEN", "bytes:100"}) == ":100\r\n");

    for (int i = 0; i < 2; ++i) {
        CHECK(world.client.call({"LLEN", "rows:4"}) == "-ERR mapping 'rows': more than max_rows = 3 rows\r\n");
        CHECK(world.client.call({"LRANGE", "rows:1000000", "0", "-1"}) == "-ERR mapping 'rows': more than max_rows = 3 rows\r\n");
        CHECK(world.client.call({"GET", "bytes:101"}) == "-ERR mapping 'bytes': more than max_bytes = 100 bytes\r\n");
        CHECK(world.client.call({"MGET", "bytes:101"}) == "-ERR mapping 'bytes': more than max_bytes = 100 bytes\r\n");
    }

    CHECK(world.count("fill_errors", "rows") == 4);
    CHECK(world.count("fill_errors", "bytes") == 4);
    eventually("only the two good values are in Redis", [&] { return world.direct.call({"DBSIZE"}) == ":2\r\n"; });
    CHECK(world.client.call({"GET", "bytes:5"}) == "$5\r\nxxxxx\r\n");
}

TEST_CASE("fills: with stale_while_revalidate the old value is served past the TTL, then the new one", "[e2e]") {
    filled_shop world(
        "[mapping.item]\nkey = \"item:{id:int}\"\nttl = \"300ms\"\nttl_jitter = 0\nstale_while_revalidate = \"1m\"\nquery = \"" +
        std::string(shop::slow_query) + "\"\n");
    REQUIRE(world.client.call({"GET", "item:1"}) == apple);
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1; UPDATE slowness SET seconds = 1");
    eventually("the TTL passes", [&] {
        const auto left = integer(world.direct.call({"PTTL", "item:1"}));
        return left > 0 && left < 60'000;
    });

    const stopwatch watch;
    CHECK(world.client.call({"GET", "item:1"}) == apple);
    CHECK(watch.elapsed() < 1s);   // not after the query

    eventually_replies(world.client, {"GET", "item:1"}, "$6\r\nquince\r\n");
    CHECK(world.count("misses") == 1);
    CHECK(world.count("stale_served") > 0);
    CHECK(world.count("refreshes") >= 1);
}

TEST_CASE("fills: with refresh_ahead a key that is read all the time is never missed", "[e2e]") {
    filled_shop world("[mapping.item]\nkey = \"item:{id:int}\"\nttl = \"2s\"\nttl_jitter = 0\nrefresh_ahead = 10\nquery = \"" +
                      std::string(shop::slow_query) + "\"\n");
    world.sleep_in_queries("0.1");
    REQUIRE(world.client.call({"GET", "item:1"}) == apple);
    eventually("it is stored", [&] { return world.direct.call({"EXISTS", "item:1"}) == ":1\r\n"; });

    for (const stopwatch watch; watch.elapsed() < 8s;) REQUIRE(world.client.call({"GET", "item:1"}) == apple);

    CHECK(world.count("misses") == 1);
    CHECK(world.count("refreshes") >= 3);   // a value lives 2 s
    eventually("the refresh under way has ended", [&] { return world.executions() == world.count("fills"); });
}

TEST_CASE("fills: a capture that does not convert never reaches SQL", "[e2e]") {
    filled_shop world(mapping("lenient", "lenient:{id:int}", "SELECT name FROM items WHERE id = :id") +
                      mapping("strict", "strict:{id:int}", "SELECT name FROM items WHERE id = :id", "bad_capture = \"error\"") +
                      mapping("day", "day:{d:date}", "SELECT name FROM items WHERE :d > '2000-01-01'", "bad_capture = \"error\"") +
                      mapping("ident", "ident:{u:uuid}", "SELECT name FROM items WHERE :u::uuid IS NULL", "bad_capture = \"error\""));

    for (const std::string bad : {"abc", "9223372036854775808", "-9223372036854775809", "1e3", "NaN", " 1", "1;DROP TABLE items", "+1"}) {
        INFO(bad);
        CHECK(world.client.call({"GET", "lenient:" + bad}) == nil);
        CHECK(world.client.call({"GET", "strict:" + bad}) == "-ERR key 'strict:" + bad + "': capture 'id' is not an int8\r\n");
    }
    CHECK(world.client.call({"HGETALL", "lenient:abc"}) == "*0\r\n");
    CHECK(world.client.call({"EXISTS", "lenient:abc"}) == ":0\r\n");
    CHECK(world.client.call({"TTL", "lenient:abc"}) == ":-2\r\n");
    CHECK(world.client.call({"MGET", "lenient:abc", "lenient:x"}) == "*2\r\n$-1\r\n$-1\r\n");
    CHECK(world.client.call({"GET", "day:2024-02-30"}) == "-ERR key 'day:2024-02-30': capture 'd' is not a date (YYYY-MM-DD)\r\n");
    CHECK(world.client.call({"GET", "ident:no"}) == "-ERR key 'ident:no': capture 'u' is not a uuid\r\n");

    CHECK(world.executions() == 0);
    CHECK(world.count("invalid_captures", "strict") == 8);
    CHECK(world.client.call({"GET", "strict:1"}) == apple);
}

TEST_CASE("fills: a text capture comes back as data, whatever it says", "[e2e]") {
    filled_shop world(mapping("echo", "echo:{text}", "SELECT CAST(:text AS text)"));

    for (const std::string text : {"'; DROP TABLE items; --", "' OR '1'='1", "$1", ":text", "\\'; SELECT 1", "x\r\ny", "\xe2\x82\xac", "{}",
                                   "%s%n", "a\"b", "E'\\x41'", "1); DELETE FROM items; SELECT (1"}) {
        INFO(text);
        CHECK(bulk_text(world.client.call({"GET", "echo:" + text})) == text);
    }
    CHECK(world.client.call({"GET", std::string("echo:a\0b", 8)}) == nil);
    CHECK(world.client.call({"GET", "echo:\xff\xfe"}) == nil);
    CHECK(world.postgres.execute("SELECT count(*) FROM items").at(0).at(0) == "3");
}

TEST_CASE("fills: DEL and UNLINK of a mapped key invalidate it, the memory of a missing row too", "[e2e]") {
    filled_shop world(shop::item(shop::quick_query, "negative_ttl = \"1h\""));
    for (const std::string command : {"DEL", "UNLINK"}) {
        INFO(command);
        world.postgres.execute("UPDATE items SET name = 'old' WHERE id = 1; DELETE FROM items WHERE id = 50");
        world.client.call({"DEL", "item:1", "item:50"});
        REQUIRE(world.client.call({"GET", "item:1"}) == "$3\r\nold\r\n");
        REQUIRE(world.client.call({"GET", "item:50"}) == nil);
        eventually("both are stored", [&] { return world.direct.call({"DBSIZE"}) == ":2\r\n"; });
        world.postgres.execute("UPDATE items SET name = 'new' WHERE id = 1; INSERT INTO items VALUES (50, 'now here')");
        CHECK(world.client.call({"GET", "item:1"}) == "$3\r\nold\r\n");
        CHECK(world.client.call({"GET", "item:50"}) == nil);

        CHECK(world.client.call({command, "item:1", "item:50", "unmapped"}) == ":1\r\n");

        CHECK(world.client.call({"GET", "item:1"}) == "$3\r\nnew\r\n");
        CHECK(world.client.call({"GET", "item:50"}) == "$8\r\nnow here\r\n");
    }
}

TEST_CASE("fills: PROXY tells of mappings and keys, and drops them", "[e2e]") {
    filled_shop world(shop::item());
    auto& client = world.client;
    for (const std::string id : {"1", "2", "3", "77"}) client.call({"GET", "item:" + id});
    eventually("all are stored", [&] { return world.direct.call({"DBSIZE"}) == ":4\r\n"; });
    world.direct.call({"SET", "item:x", "of another application"});
    world.direct.call({"SET", "other", "1"});

    CHECK(client.call({"PROXY", "HELP"}).starts_with("*18\r\n+PROXY <subcommand> [<arg> ...]. Subcommands are:\r\n"));
    CHECK(client.call({"PROXY", "STATS"}).find("mapping_item:hits=0,misses=4,negative_hits=0,fills=4,") != std::string::npos);
    CHECK(client.call({"PROXY", "MAPPINGS"}) ==
          "*1\r\n*12\r\n$4\r\nname\r\n$4\r\nitem\r\n$3\r\nkey\r\n$13\r\nitem:{id:int}\r\n$5\r\nshape\r\n$6\r\nstring\r\n"
          "$7\r\nprimary\r\n$8\r\npostgres\r\n$6\r\nttl_ms\r\n:60000\r\n$15\r\nnegative_ttl_ms\r\n:1000\r\n");
    const std::string meta = client.call({"PROXY", "META", "item:1"});
    CHECK(meta.starts_with("*16\r\n$7\r\nmapping\r\n$4\r\nitem\r\n$5\r\nstate\r\n$5\r\nfresh\r\n"));
    CHECK(client.call({"PROXY", "META", "item:9"}).find("$5\r\nstate\r\n$10\r\nnot cached\r\n") != std::string::npos);
    CHECK(client.call({"PROXY", "META", "other"}) == "-ERR key 'other' belongs to no mapping; PROXY MAPPINGS lists them\r\n");
    CHECK(client.call({"PROXY", "META", "item:x"}) == "-ERR key 'item:x': capture 'id' is not an int8\r\n");
    CHECK(client.call({"PROXY", "NONSENSE"}).starts_with("-ERR unknown subcommand"));
    CHECK(client.call({"PROXY", "META"}).starts_with("-ERR wrong number of arguments for 'proxy|meta' command"));

    world.postgres.execute("UPDATE items SET name = name || '!'");
    CHECK(client.call({"PROXY", "INVALIDATE", "other"}) == ":0\r\n");
    CHECK(client.call({"PROXY", "INVALIDATE", "item:1"}) == ":1\r\n");
    CHECK(client.call({"GET", "item:1"}) == "$6\r\napple!\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    CHECK(client.call({"PROXY", "INVALIDATE", "item:[23]"}) == ":2\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$5\r\npear!\r\n");
    CHECK(client.call({"GET", "item:3"}) == "$5\r\nplum!\r\n");
    world.direct.call({"SET", "item:4", "x"});
    CHECK(integer(client.call({"PROXY", "INVALIDATE", "item:*"})) >= 3);
    CHECK(world.direct.call({"GET", "other"}) == "$1\r\n1\r\n");
}

TEST_CASE("fills: clients of one process that miss one key together cost one query", "[e2e]") {
    filled_shop world(shop::item(shop::slow_query));
    world.sleep_in_queries("0.3");
    crowd clients;
    clients.join(world.proxy.port(), 200);

    clients.send(resp_client::encode({"GET", "item:1"}));
    const auto replies = clients.replies();

    CHECK(std::count(replies.begin(), replies.end(), apple) == 200);
    CHECK(world.executions() == 1);
    CHECK(world.count("hits") + world.count("misses") == 200);
}

TEST_CASE("fills: a statement that fails is an error by its code, is not cached, and leaves the connection usable", "[e2e]") {
    filled_shop world(mapping("broken", "broken:{id:int}", "SELECT 10 / (:id - 1)"));

    for (int i = 0; i < 2; ++i)
        CHECK(world.client.call({"GET", "broken:1"}) ==
              "-ERR mapping 'broken': the query failed (SQLSTATE 22012); see the proxy's log\r\n");

    CHECK(world.count("fill_errors", "broken") == 2);
    CHECK(world.client.call({"GET", "broken:3"}) == "$1\r\n5\r\n");
    CHECK(world.proxy.log().find("division by zero") != std::string::npos);
}

TEST_CASE("fills: a write to a key that PostgreSQL fills is refused by the mapping's name", "[e2e]") {
    filled_shop world(shop::item());

    CHECK(world.client.call({"SET", "item:1", "mine"}) ==
          "-READONLY key 'item:1' is filled from PostgreSQL by mapping 'item'; DEL invalidates it\r\n");

    CHECK(world.count("refused_writes") == 1);
    CHECK(world.client.call({"GET", "item:1"}) == apple);
}
