// The near cache against real servers: what it answers without Redis, and what takes a reply away again.
#include "tests/e2e/follower.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// A proxy with one worker, so that all clients share a near cache, and wide bounds, so that a loaded machine does not close it.
struct near_shop : shop {
    static constexpr std::string_view near = "near_cache = true\n";

    proxy_config near_config(std::string mappings = item(quick_query, near)) const {
        proxy_config made = config(std::move(mappings));
        made.server_options = "workers = 1\n";
        made.sections = "[freshness]\nbound = \"3s\"\n";
        return made;
    }

    // Keys that clients write through the proxy.
    static std::string sessions() {
        return "[mapping.session]\nkey = \"session:{id:int}\"\nprimary = \"redis\"\nttl = \"1h\"\n"
               "query = \"SELECT name FROM items WHERE id = :id\"\nnear_cache = true\n";
    }

    // GETs that Redis was asked.
    std::int64_t gets() {
        const std::string text = resp_client(redis.port()).call({"INFO", "commandstats"});
        const std::string name = "cmdstat_get:calls=";
        const auto at = text.find(name);
        return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size(), 20));
    }
};

bool is_near(const proxy_process& proxy, resp_client& client, const std::string& mapping, const std::string& key) {
    const auto before = stat(proxy, mapping, "near_hits");
    client.call({"GET", key});
    return stat(proxy, mapping, "near_hits") == before + 1;
}

// A number of /stats of the near cache.
std::int64_t near_stat(const proxy_process& proxy, const std::string& name) {
    const std::string text = http_get(proxy.admin_port(), "/stats").body;
    const std::string quoted = "\"" + name + "\":";
    return std::stoll(text.substr(text.find(quoted, text.find("\"near\":")) + quoted.size(), 20));
}

void wait_until_near(const proxy_process& proxy, resp_client& client, const std::string& mapping, const std::string& key) {
    eventually(key + " is in the near cache", [&] { return is_near(proxy, client, mapping, key); });
}

}  // namespace

TEST_CASE("near cache: a hit asks Redis nothing, and clients of both versions get the same bytes", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    resp_client newer(proxy.port());
    newer.hello3();
    wait_until_near(proxy, client, "item", "item:1");
    const auto asked = world.gets();
    const auto hits = stat(proxy, "item", "hits");
    for (int i = 0; i < 50; ++i) {
        CHECK(client.call({"GET", "item:1"}) == bulk("apple"));
        CHECK(newer.call({"GET", "item:1"}) == bulk("apple"));
    }
    CHECK(world.gets() == asked);
    CHECK(stat(proxy, "item", "hits") == hits + 100);
    CHECK(world.executions() == 1);
}

TEST_CASE("near cache: replies of one pipeline keep their order, wherever they come from", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    wait_until_near(proxy, client, "item", "item:1");
    for (int round = 0; round < 20; ++round) {
        resp_client(world.redis.port()).call({"DEL", "item:2"});
        client.send_raw(resp_client::encode({"GET", "item:2"}) + resp_client::encode({"GET", "item:1"}) + resp_client::encode({"PING"}) +
                        resp_client::encode({"GET", "item:3"}));
        CHECK(client.read_reply() == bulk("pear"));
        CHECK(client.read_reply() == bulk("apple"));
        CHECK(client.read_reply() == "+PONG\r\n");
        CHECK(client.read_reply() == bulk("plum"));
    }
}

TEST_CASE("near cache: a pipeline of hits, misses and other commands gets each its reply, however it is cut", "[e2e]") {
    near_shop world;
    proxy_config config = world.near_config();
    config.mappings += near_shop::sessions();
    proxy_process proxy(config);
    resp_client redis(world.redis.port());
    constexpr int keys = 40;
    const auto value_of = [](int i) {
        return std::string(static_cast<std::size_t>(i * i * 7), static_cast<char>('a' + i % 26)) + std::to_string(i);
    };
    for (int i = 0; i < keys; ++i) redis.call({"SET", "session:" + std::to_string(i), value_of(i)});
    resp_client client(proxy.port());
    wait_until_near(proxy, client, "session", "session:1");
    const auto hits = stat(proxy, "session", "near_hits");

    std::minstd_rand random(11);
    const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    for (int round = 0; round < 60; ++round) {
        std::string sent;
        std::vector<std::string> wanted;
        for (std::size_t left = below(150) + 1; left > 0; --left) {
            const int i = static_cast<int>(below(keys));
            const std::size_t what = below(40);
            if (what == 0) {
                sent += resp_client::encode({"PING"});
                wanted.push_back("+PONG\r\n");
            } else if (what == 1) {
                sent += resp_client::encode({"GET", "item:3"});
                wanted.push_back(bulk("plum"));
            } else if (what == 2) {
                sent += "get session:" + std::to_string(i) + "\r\n";
                wanted.push_back(bulk(value_of(i)));
            } else {
                sent += resp_client::encode({what == 3 ? "get" : "GET", "session:" + std::to_string(i)});
                wanted.push_back(bulk(value_of(i)));
            }
        }
        for (std::size_t at = 0; at < sent.size();) {
            const std::size_t length = round % 3 == 0 ? sent.size() : below(400) + 1;
            client.send_raw(std::string_view(sent).substr(at, length));
            at += length;
        }
        for (const std::string& reply : wanted) REQUIRE(client.read_reply() == reply);
    }
    CHECK(stat(proxy, "session", "near_hits") > hits + 1'000);
}

TEST_CASE("near cache: large replies to a client that is slow to read arrive whole and in order", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config(near_shop::sessions()));
    resp_client redis(world.redis.port());
    constexpr int keys = 8;
    const auto value_of = [](int i) { return std::string(40'000, static_cast<char>('a' + i)); };
    resp_client client(proxy.port());
    for (int i = 0; i < keys; ++i) {
        redis.call({"SET", "session:" + std::to_string(i), value_of(i)});
        wait_until_near(proxy, client, "session", "session:" + std::to_string(i));
    }
    const auto asked = world.gets();

    // Far more than the sockets and the proxy's own limit (output_soft_limit) take.
    constexpr int commands = 1'000;
    std::string sent;
    for (int i = 0; i < commands; ++i) sent += resp_client::encode({"GET", "session:" + std::to_string(i % keys)});
    client.send_raw(sent);
    resp_client other(proxy.port());
    for (int i = 0; i < commands; ++i) {
        if (i % 100 == 0) CHECK(other.call({"GET", "session:0"}) == bulk(value_of(0)));
        REQUIRE(client.read_reply() == bulk(value_of(i % keys)));
    }
    CHECK(world.gets() == asked);
}

TEST_CASE("near cache: what changes the key at Redis takes the reply away", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    for (const std::vector<std::string>& change : std::vector<std::vector<std::string>>{
             {"SET", "item:1", "new"}, {"DEL", "item:1"}, {"APPEND", "item:1", "more"}, {"PEXPIRE", "item:1", "1"}, {"FLUSHALL"}}) {
        CAPTURE(change.front());
        wait_until_near(proxy, client, "item", "item:1");
        redis.call(change);
        std::string wanted = "apple";
        if (change.front() == "SET") wanted = "new";
        if (change.front() == "APPEND") wanted = "applemore";
        eventually_replies(client, {"GET", "item:1"}, bulk(wanted));
        // A change is told again once the key was read again; the fill, if there was one, is stored by then.
        wait_until_near(proxy, client, "item", "item:1");
        redis.call({"SET", "item:1", "last"});
        eventually_replies(client, {"GET", "item:1"}, bulk("last"));
        redis.call({"DEL", "item:1"});
        eventually_replies(client, {"GET", "item:1"}, bulk("apple"));
    }
    CHECK(near_stat(proxy, "invalidations") > 0);
}

TEST_CASE("near cache: a reply lives no longer than its key, also when Redis cannot tell of the end", "[e2e]") {
    near_shop world;
    proxy_config config = world.near_config();
    config.sections = "[freshness]\nbound = \"10s\"\n";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    wait_until_near(proxy, client, "item", "item:1");
    redis.call({"SET", "item:1", "short", "PX", "4000"});
    eventually_replies(client, {"GET", "item:1"}, bulk("short"));
    wait_until_near(proxy, client, "item", "item:1");
    const auto misses = near_stat(proxy, "misses");
    const auto hits = near_stat(proxy, "hits");
    world.redis.pause();   // the near cache still counts as fresh for the bound of 10 s
    int asked = 0;
    eventually(
        "the reply is kept no longer",
        [&] {
            client.send({"GET", "item:1"});
            ++asked;
            return near_stat(proxy, "misses") > misses;
        },
        9'900ms);
    world.redis.resume();
    std::vector<std::string> replies;
    for (int i = 0; i < asked; ++i) replies.push_back(client.read_reply());
    const auto near = static_cast<std::size_t>(near_stat(proxy, "hits") - hits);
    REQUIRE(near < replies.size());
    for (std::size_t i = 0; i < near; ++i) CHECK(replies[i] == bulk("short"));
    // For the rest Redis was asked: it may hold the key for a moment longer.
    for (std::size_t i = near; i < replies.size(); ++i) CHECK((replies[i] == bulk("short") || replies[i] == bulk("apple")));
    eventually_replies(client, {"GET", "item:1"}, bulk("apple"));
}

TEST_CASE("near cache: nothing is kept over the end of its connection", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    wait_until_near(proxy, client, "item", "item:1");
    const std::string clients = bulk_text(redis.call({"CLIENT", "LIST"}));
    const auto flags = clients.find(" flags=t ");   // tracking
    REQUIRE(flags != std::string::npos);
    const auto line = clients.rfind("id=", flags);
    const std::string id = clients.substr(line + 3, clients.find(' ', line) - line - 3);
    const auto clears = near_stat(proxy, "clears");
    const std::string both = resp_client::encode({"CLIENT", "KILL", "ID", id}) + resp_client::encode({"SET", "item:1", "unseen"});
    redis.send_raw(both);
    REQUIRE(redis.read_reply() == ":1\r\n");
    REQUIRE(redis.read_reply() == "+OK\r\n");
    eventually_replies(client, {"GET", "item:1"}, bulk("unseen"));
    wait_until_near(proxy, client, "item", "item:1");   // it came up again
    CHECK(client.call({"GET", "item:1"}) == bulk("unseen"));
    CHECK(near_stat(proxy, "clears") == clears + 1);
}

TEST_CASE("near cache: a client's own writes are seen by its next read, whichever command wrote", "[e2e]") {
    near_shop world;
    const std::string prefix = GENERATE("session:", "flag:");   // of a mapping, and of none
    CAPTURE(prefix);
    proxy_config config = world.near_config(near_shop::sessions() + near_shop::item(near_shop::quick_query, near_shop::near));
    config.sections += "[near_cache]\nkeys = [\"flag:*\"]\n";
    proxy_process proxy(config);
    std::vector<std::unique_ptr<resp_client>> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<resp_client>(proxy.port()));
    resp_client redis(world.redis.port());
    std::minstd_rand generator(11);
    wait_until_near(proxy, *clients[0], "item", "item:1");
    std::array<std::string, 3> values;   // of the key N, which client N alone writes
    for (int round = 0; round < 1'500; ++round) {
        const std::size_t who = generator() % clients.size();
        resp_client& client = *clients[who];
        const std::string key = prefix + std::to_string(who);
        const std::string value = "v" + std::to_string(round);
        switch (generator() % 8) {
            case 0: client.call({"SET", key, value}); break;
            case 1: client.call({"EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", "1", key, value}); break;
            case 2:
                client.call({"MULTI"});
                client.call({"SET", key, value});
                client.call({"EXEC"});
                break;
            case 3: client.call({"EVAL", "return redis.call('SET', '" + key + "', ARGV[1])", "0", value}); break;
            case 4:
                client.send_raw(resp_client::encode({"SET", key, value}) + resp_client::encode({"GET", key}));
                client.read_reply();
                REQUIRE(client.read_reply() == bulk(value));
                break;
            case 5:   // what is read first must not see what comes behind
                client.send_raw(resp_client::encode({"GET", key}) + resp_client::encode({"SET", key, value}));
                if (const std::string reply = client.read_reply(); !values[who].empty()) REQUIRE(reply == bulk(values[who]));
                client.read_reply();
                break;
            default:
                if (!values[who].empty()) REQUIRE(client.call({"GET", key}) == bulk(values[who]));
                client.call({"GET", prefix + std::to_string(generator() % clients.size())});
                continue;
        }
        values[who] = value;
        REQUIRE(client.call({"GET", key}) == bulk(value));
    }
    CHECK(near_stat(proxy, "hits") > 50);
}

TEST_CASE("near cache: what a client writes does not overtake its read before", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config(near_shop::sessions()));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    const std::string write = "return redis.call('SET', 'session:1', 'later')";   // declares no key, so nothing else holds it back
    resp_client other(proxy.port());
    for (int round = 0; round < 5; ++round) {
        redis.call({"SET", "session:1", "earlier"});
        eventually_replies(client, {"GET", "session:1"}, bulk("earlier"));
        wait_until_near(proxy, client, "session", "session:1");
        const auto dropped = near_stat(proxy, "invalidations");
        redis.call({"SET", "session:1", "earlier"});
        eventually("it must be asked for again", [&] { return near_stat(proxy, "invalidations") > dropped; });
        // When Redis goes on, it first reads the connection that all clients share, on which the write would be.
        world.redis.pause();
        const auto received = stat(proxy, "", "received");
        other.send({"GET", "plain"});
        eventually("something waits for Redis", [&] { return stat(proxy, "", "received") == received + 1; });
        client.send_raw(resp_client::encode({"GET", "session:1"}) + resp_client::encode({"EVAL", write, "0"}));
        eventually("the read waits as well", [&] { return stat(proxy, "", "received") >= received + 2; });
        world.redis.resume();
        REQUIRE(client.read_reply() == bulk("earlier"));
        REQUIRE(client.read_reply() == "+OK\r\n");
        REQUIRE(other.read_reply() == "$-1\r\n");
    }
}

TEST_CASE("near cache: a client's own DEL and PROXY INVALIDATE are seen by its next read", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    for (int round = 0; round < 60; ++round) {
        wait_until_near(proxy, client, "item", "item:1");
        const std::string value = "apple " + std::to_string(round);
        world.postgres.execute("UPDATE items SET name = '" + value + "' WHERE id = 1");
        if (round % 2 == 0)
            client.call({"DEL", "item:1"});
        else
            client.call({"PROXY", "INVALIDATE", "item:*"});
        REQUIRE(client.call({"GET", "item:1"}) == bulk(value));
    }
}

TEST_CASE("near cache: a client with client-side caching of its own reads from Redis, which tells it of changes", "[e2e]") {
    near_shop world;
    proxy_process proxy(world.near_config());
    resp_client other(proxy.port());
    wait_until_near(proxy, other, "item", "item:1");
    resp_client client(proxy.port());
    client.hello3();
    REQUIRE(client.call({"CLIENT", "TRACKING", "ON"}) == "+OK\r\n");
    const auto hits = stat(proxy, "item", "near_hits");
    REQUIRE(client.call({"GET", "item:1"}) == bulk("apple"));
    CHECK(stat(proxy, "item", "near_hits") == hits);
    resp_client(world.redis.port()).call({"SET", "item:1", "new"});
    CHECK(client.read_reply() == ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nitem:1\r\n");
}

TEST_CASE("near cache: it is off, and says why, where Redis does not track reads", "[e2e]") {
    near_shop world;
    resp_client redis(world.redis.port());
    REQUIRE(redis.call({"ACL", "SETUSER", "default", "-client|tracking"}) == "+OK\r\n");
    proxy_process proxy(world.near_config());
    resp_client client(proxy.port());
    eventually("the log says it", [&] { return proxy.log().find("the near cache is off") != std::string::npos; });
    CHECK(proxy.log().find("client|tracking") != std::string::npos);
    CHECK(client.call({"GET", "item:1"}) == bulk("apple"));
    eventually("Redis answers", [&] { return client.call({"GET", "item:1"}) == bulk("apple") && stat(proxy, "item", "hits") > 0; });
    CHECK(stat(proxy, "item", "near_hits") == 0);
}

TEST_CASE("near cache: without memory for it there is none, and no connection", "[e2e]") {
    near_shop world;
    proxy_config config = world.near_config();
    config.sections += "[near_cache]\nmax_bytes = 0\n";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    for (int i = 0; i < 20; ++i) CHECK(client.call({"GET", "item:1"}) == bulk("apple"));
    CHECK(stat(proxy, "item", "near_hits") == 0);
    CHECK(bulk_text(resp_client(world.redis.port()).call({"CLIENT", "LIST"})).find(" flags=t ") == std::string::npos);
}

TEST_CASE("near cache: keys of no mapping that the configuration names are kept, and only these", "[e2e]") {
    near_shop world;
    proxy_config config = world.near_config();
    config.sections += "[near_cache]\nkeys = [\"flag:*\", \"config\"]\n";
    proxy_process proxy(config);
    resp_client redis(world.redis.port());
    resp_client client(proxy.port());
    resp_client newer(proxy.port());
    newer.hello3();
    for (const char* key : {"flag:a", "config"}) {
        CAPTURE(key);
        CHECK(client.call({"GET", key}) == "$-1\r\n");
        CHECK(newer.call({"GET", key}) == "_\r\n");
        redis.call({"SET", key, "on"});
        const auto is_kept = [&] {
            const auto hits = near_stat(proxy, "hits");
            CHECK(client.call({"GET", key}) == bulk("on"));
            return near_stat(proxy, "hits") > hits;
        };
        eventually("it is kept", is_kept);
        const auto asked = world.gets();
        for (int i = 0; i < 20; ++i) CHECK(client.call({"GET", key}) == bulk("on"));
        CHECK(world.gets() == asked);
        redis.call({"SET", key, "off"});
        eventually_replies(client, {"GET", key}, bulk("off"));
        CHECK(newer.call({"GET", key}) == bulk("off"));
        redis.call({"DEL", key});
        eventually_replies(client, {"GET", key}, "$-1\r\n");
    }
    redis.call({"RPUSH", "flag:list", "x"});
    CHECK(client.call({"GET", "flag:list"}).starts_with("-WRONGTYPE"));
    redis.call({"SET", "other", "plain"});
    const auto misses = near_stat(proxy, "misses");
    for (int i = 0; i < 3; ++i) CHECK(client.call({"GET", "other"}) == bulk("plain"));
    CHECK(near_stat(proxy, "misses") == misses);

    // Its time is that of the key, and its connection may break.
    redis.call({"SET", "config", "short", "PX", "300"});
    eventually_replies(client, {"GET", "config"}, "$-1\r\n");
    redis.call({"SET", "config", "on"});
    eventually_replies(client, {"GET", "config"}, bulk("on"));
    for (int round = 0; round < 20; ++round) {
        redis.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        const std::string value = "value " + std::to_string(round);
        redis.call({"SET", "config", value});
        eventually_replies(client, {"GET", "config"}, bulk(value));
    }
}

TEST_CASE("near cache: a committed row drops its keys, and nothing is served once the bound cannot be proved", "[e2e]") {
    follower world;
    proxy_process proxy(world.following("near_cache = true"));
    resp_client client(proxy.port());
    wait_until_near(proxy, client, "item", "item:1");
    wait_until_near(proxy, client, "first", "first");
    for (int round = 0; round < 20; ++round) {
        const std::string value = "quince " + std::to_string(round);
        world.postgres.execute("UPDATE items SET name = '" + value + "' WHERE id = 1");
        const auto rows = world.postgres.execute("SELECT pg_current_wal_insert_lsn()::text");
        REQUIRE(client.call({"PROXY", "AFTER", rows.at(0).at(0)}) == "+OK\r\n");
        REQUIRE(client.call({"GET", "item:1"}) == bulk(value));   // at once
        REQUIRE(client.call({"GET", "first"}) == bulk(value));
        wait_until_near(proxy, client, "item", "item:1");
    }
    client.call({"PROXY", "AFTER", "0/0"});
    wait_until_near(proxy, client, "item", "item:1");
    world.redis.pause();
    eventually("PostgreSQL answers", [&] {
        const auto before = stat(proxy, "item", "bypasses");
        client.call({"GET", "item:1"});
        return stat(proxy, "item", "bypasses") > before;
    });
    world.redis.resume();
}
