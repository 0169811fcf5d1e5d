// Redis or PostgreSQL goes away, stands still or comes back, and what clients see of it.
#include "tests/e2e/shop.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/process_memory.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <signal.h>
#include <thread>
#include <utility>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* apple = "$5\r\napple\r\n";
constexpr const char* unsent = "-UNAVAILABLE Redis cannot be reached; the command was not sent\r\n";

std::string ready(const proxy_process& proxy) {
    const auto reply = http_get(proxy.admin_port(), "/readyz");
    return std::to_string(reply.status) + " " + reply.body;
}

void wait_until_ready_says(const proxy_process& proxy, const std::string& wanted) {
    eventually("/readyz says " + wanted, [&] { return ready(proxy) == wanted + "\n"; });
}

constexpr const char* both_up = R"(200 {"ready":true,"redis":true,"postgres":true,"draining":false})";
constexpr const char* no_redis = R"(200 {"ready":true,"redis":false,"postgres":true,"draining":false})";
constexpr const char* no_postgres = R"(200 {"ready":true,"redis":true,"postgres":false,"draining":false})";
constexpr const char* both_down = R"(503 {"ready":false,"redis":false,"postgres":false,"draining":false})";

bool is_healthy(const proxy_process& proxy) {
    return http_get(proxy.admin_port(), "/healthz").status == 200;
}

// Until a read is counted as a hit: the value is stored, and read from Redis.
void wait_for_hits(const proxy_process& proxy, resp_client& client) {
    const auto before = stat(proxy, "item", "hits");
    eventually("reads are hits again", [&] { return client.call({"GET", "item:1"}) == apple && stat(proxy, "item", "hits") > before; });
}

bool refuses_connections(std::uint16_t port) {
    try {
        const socket_stream refused(port);
        return false;
    } catch (const std::runtime_error&) {
        return true;
    }
}

const std::string shapes =
    "[mapping.h]\nkey = \"h:{id:int}\"\nshape = \"hash\"\nttl = \"1m\"\nquery = \"SELECT id, name FROM items WHERE id = :id\"\n"
    "[mapping.l]\nkey = \"l\"\nshape = \"list\"\nttl = \"1m\"\nquery = \"SELECT name FROM items ORDER BY id\"\n"
    "[mapping.s]\nkey = \"s\"\nshape = \"set\"\nttl = \"1m\"\nquery = \"SELECT name FROM items WHERE id = 1\"\n"
    "[mapping.z]\nkey = \"z\"\nshape = \"zset\"\nttl = \"1m\"\nquery = \"SELECT name AS member, id AS score FROM items\"\n";

}  // namespace

TEST_CASE("outages: without Redis mapped reads are answered from PostgreSQL, other commands with UNAVAILABLE", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item() + shapes));
    resp_client client(proxy.port());
    wait_until_ready_says(proxy, both_up);
    REQUIRE(client.call({"SET", "plain", "1"}) == "+OK\r\n");

    world.redis.stop();

    wait_until_ready_says(proxy, no_redis);
    CHECK(is_healthy(proxy));
    CHECK(client.call({"GET", "item:1"}) == apple);
    CHECK(client.call({"GET", "item:99"}) == "$-1\r\n");
    CHECK(client.call({"EXISTS", "item:1"}) == ":1\r\n");
    CHECK(client.call({"TYPE", "item:1"}) == "+string\r\n");
    const std::string ttl = client.call({"TTL", "item:1"});
    CHECK((ttl == ":60\r\n" || ttl == ":59\r\n"));
    CHECK(client.call({"MGET", "item:1", "item:99", "item:2"}) == "*3\r\n$5\r\napple\r\n$-1\r\n$4\r\npear\r\n");
    CHECK(client.call({"HGETALL", "h:2"}) == "*4\r\n$2\r\nid\r\n$1\r\n2\r\n$4\r\nname\r\n$4\r\npear\r\n");
    CHECK(client.call({"HGET", "h:2", "name"}) == "$4\r\npear\r\n");
    CHECK(client.call({"LRANGE", "l", "0", "-1"}) == "*3\r\n$5\r\napple\r\n$4\r\npear\r\n$4\r\nplum\r\n");
    CHECK(client.call({"SMEMBERS", "s"}) == "*1\r\n$5\r\napple\r\n");
    CHECK(client.call({"ZRANGE", "z", "0", "0", "WITHSCORES"}) == "*2\r\n$5\r\napple\r\n$1\r\n1\r\n");
    CHECK(client.call({"GET", "plain"}) == unsent);
    CHECK(client.call({"SET", "plain", "2"}) == unsent);
    CHECK(client.call({"MGET", "item:1", "plain"}) == unsent);
    CHECK(client.call({"DEL", "item:1"}) == unsent);
    CHECK(client.call({"PING"}) == "+PONG\r\n");
    CHECK(stat(proxy, "item", "bypasses") == 8);
    CHECK(stat(proxy, "h", "bypasses") == 2);

    world.redis.start();

    wait_until_ready_says(proxy, both_up);
    eventually_replies(client, {"SET", "plain", "3"}, "+OK\r\n");
    wait_for_hits(proxy, client);
}

TEST_CASE("outages: a Redis that stands still delays reads by its time limit only", "[e2e]") {
    shop world;
    proxy_config config = world.config(shop::item());
    config.redis_options = "timeout = \"500ms\"\nconnect_timeout = \"300ms\"";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    REQUIRE(client.call({"GET", "item:1"}) == apple);
    wait_for_hits(proxy, client);

    world.redis.pause();

    for (int i = 0; i < 5; ++i) {
        const stopwatch watch;
        CHECK(client.call({"GET", "item:1"}) == apple);
        CHECK(watch.elapsed() < 2500ms);
    }
    const stopwatch watch;
    CHECK(client.call({"GET", "plain"}).starts_with("-UNAVAILABLE "));
    CHECK(client.call({"SET", "plain", "1"}).starts_with("-UN"));   // UNAVAILABLE or, if it was sent, UNCERTAIN
    CHECK(watch.elapsed() < 4s);
    CHECK(is_healthy(proxy));
    CHECK(stat(proxy, "item", "bypasses") > 0);

    world.redis.resume();

    wait_until_ready_says(proxy, both_up);
    wait_for_hits(proxy, client);
}

TEST_CASE("outages: without PostgreSQL hits go on, misses get an error in time, and it recovers by itself", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item(shop::quick_query, "fill_timeout = \"1s\"")));
    resp_client client(proxy.port());
    REQUIRE(client.call({"GET", "item:1"}) == apple);
    wait_for_hits(proxy, client);

    world.postgres.stop(postgres_server::mode::immediate);

    wait_until_ready_says(proxy, no_postgres);
    CHECK(is_healthy(proxy));
    CHECK(client.call({"GET", "item:1"}) == apple);
    const stopwatch watch;
    CHECK(client.call({"GET", "item:2"}).starts_with("-UNAVAILABLE mapping 'item': PostgreSQL "));
    CHECK(watch.elapsed() < 1s + 1s);
    CHECK(client.call({"MGET", "item:1", "item:2"}).starts_with("-UNAVAILABLE mapping 'item': PostgreSQL "));
    CHECK(client.call({"SET", "plain", "1"}) == "+OK\r\n");

    world.postgres.start();

    eventually_replies(client, {"GET", "item:2"}, "$4\r\npear\r\n");
    wait_until_ready_says(proxy, both_up);
}

TEST_CASE("outages: it starts without Redis and PostgreSQL, says so, and recovers by itself", "[e2e]") {
    shop world;
    world.redis.stop();
    world.postgres.stop();

    proxy_process proxy(world.config(shop::item(shop::quick_query, "fill_timeout = \"1s\"")), proxy_process::until::listening);

    resp_client client(proxy.port());
    CHECK(client.call({"PING"}) == "+PONG\r\n");
    CHECK(client.call({"GET", "plain"}).starts_with("-UNAVAILABLE Redis "));
    CHECK(client.call({"GET", "item:1"}).starts_with("-UNAVAILABLE mapping 'item': PostgreSQL "));
    CHECK(ready(proxy) == std::string(both_down) + "\n");
    CHECK(is_healthy(proxy));
    eventually("the log names both", [&proxy] {
        const std::string log = proxy.log();
        return log.find("PostgreSQL cannot be reached: ") != log.npos && log.find("Redis at 127.0.0.1:") != log.npos;
    });

    world.redis.start();
    eventually_replies(client, {"SET", "plain", "1"}, "+OK\r\n");
    world.postgres.start();
    eventually_replies(client, {"GET", "item:1"}, apple);
    wait_until_ready_says(proxy, both_up);
    wait_for_hits(proxy, client);
}

TEST_CASE("outages: a fill that a restart of PostgreSQL cuts is tried once more, and later ones work", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item(shop::slow_query, "fill_timeout = \"30s\"")));
    resp_client client(proxy.port());
    world.sleep_in_queries("30");
    client.send({"GET", "item:1"});
    world.wait_until_running();
    world.sleep_in_queries("0");

    world.postgres.restart(postgres_server::mode::immediate);

    const std::string reply = client.read_reply();
    CHECK((reply == apple || reply == "-UNAVAILABLE mapping 'item': PostgreSQL cannot be reached\r\n"));
    eventually_replies(client, {"GET", "item:1"}, apple);
    wait_for_hits(proxy, client);
}

TEST_CASE("outages: a PostgreSQL that stands still costs a miss its fill_timeout and the second that a cancel request gets", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item(shop::quick_query, "fill_timeout = \"500ms\"")));
    resp_client client(proxy.port());
    REQUIRE(client.call({"GET", "item:1"}) == apple);

    world.postgres.pause();

    const stopwatch watch;
    CHECK(client.call({"GET", "item:2"}).starts_with("-UNAVAILABLE mapping 'item': PostgreSQL "));
    CHECK(watch.elapsed() < 500ms + 1s + 1s);
    CHECK(client.call({"GET", "item:1"}) == apple);

    world.postgres.resume();
    eventually_replies(client, {"GET", "item:2"}, "$4\r\npear\r\n");
}

TEST_CASE("outages: a query that passes fill_timeout is cancelled at the server", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item(shop::slow_query, "fill_timeout = \"500ms\"")));
    resp_client client(proxy.port());
    world.sleep_in_queries("30");

    const stopwatch watch;
    CHECK(client.call({"GET", "item:1"}) == "-UNAVAILABLE mapping 'item': PostgreSQL did not answer within fill_timeout = 500ms\r\n");

    CHECK(watch.elapsed() >= 500ms);
    CHECK(watch.elapsed() < 500ms + 1s);
    world.wait_until_none_runs();
    CHECK(watch.elapsed() < 5s);   // by the cancel request, not by the end of the query
    CHECK(stat(proxy, "item", "fill_timeouts") == 1);
    world.sleep_in_queries("0");
    CHECK(client.call({"GET", "item:1"}) == apple);
}

TEST_CASE("outages: SIGTERM lets the fill under way end, answers it, and refuses new clients", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item(shop::slow_query, "fill_timeout = \"10s\"")));
    resp_client client(proxy.port());
    world.sleep_in_queries("2");
    client.send({"GET", "item:1"});
    world.wait_until_running();

    ::kill(proxy.pid(), SIGTERM);

    eventually("new clients are refused", [&proxy] { return refuses_connections(proxy.port()); });
    CHECK(ready(proxy).starts_with("503 {\"ready\":false,"));
    CHECK(ready(proxy).find("\"draining\":true") != std::string::npos);
    CHECK(client.read_reply() == apple);
    CHECK(client.read_all_until_close().empty());
    client.close();
    CHECK(proxy.stop() == 0);
    CHECK(resp_client(world.redis.port()).call({"GET", "item:1"}) == apple);
}

// GETRANGE's empty reply makes the proxy ask again in a transaction, and just then Redis begins to load.
TEST_CASE("outages: a Redis that begins to load between two questions of one read is as good as none", "[e2e]") {
    shop world;
    fake_server redis([](fake_server::socket& with) {
        const std::string loading = "-LOADING Redis is loading the dataset in memory\r\n";
        if (!fake_server::greet(with)) return;
        std::string asked;
        if (!fake_server::read_until(with, "GETRANGE", asked)) return;
        fake_server::write(with, "$0\r\n\r\n");
        if (fake_server::read_until(with, "EXEC", asked))
            fake_server::write(with, "+OK\r\n" + loading + loading + "-EXECABORT Transaction discarded because of previous errors.\r\n");
        while (true) {
            asked.clear();
            if (!fake_server::read_until(with, "EVALSHA", asked)) return;
            fake_server::write(with, loading);
        }
    });
    proxy_config config = world.config(shop::item());
    config.redis_url = "redis://127.0.0.1:" + std::to_string(redis.port());
    config.server_options = "workers = 1";
    proxy_process proxy(config);
    resp_client client(proxy.port());

    CHECK(client.call({"GETRANGE", "item:1", "1", "2"}) == "$2\r\npp\r\n");
}

TEST_CASE("outages: what clients send to a Redis that stands still does not fill the proxy's memory", "[e2e]") {
    constexpr int commands = 200;
    shop world;
    proxy_config config = world.config(shop::item());
    config.redis_options = "timeout = \"60s\"";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    REQUIRE(client.call({"SET", "big", "1"}) == "+OK\r\n");
    world.redis.pause();

    std::atomic<int> sent{0};
    std::thread sender([&] {
        const std::string command = resp_client::encode({"SET", "big", std::string(1024 * 1024, 'x')});
        for (; sent < commands; ++sent) client.send_raw(command);
    });
    int before = -1;
    eventually("the sender can send no more", [&] {
        std::this_thread::sleep_for(500ms);
        return std::exchange(before, sent.load()) == sent;
    });
    world.redis.resume();

    for (int i = 0; i < commands; ++i) CHECK(client.read_reply() == "+OK\r\n");
    sender.join();
    if (memory_is_measurable) CHECK(peak_bytes(proxy.pid()) < 100u * 1024 * 1024);
}

TEST_CASE("outages: SIGTERM does not wait for a fill beyond drain_timeout", "[e2e]") {
    shop world;
    proxy_config config = world.config(shop::item(shop::slow_query, "fill_timeout = \"30s\""));
    config.server_options = "drain_timeout = \"500ms\"";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    world.sleep_in_queries("20");
    client.send({"GET", "item:1"});
    world.wait_until_running();

    const stopwatch watch;
    CHECK(proxy.stop() == 0);

    CHECK(watch.elapsed() < 500ms + 2s);
    const std::string last = client.read_all_until_close();
    CHECK((last.empty() || last.starts_with("-UNAVAILABLE ")));
    world.wait_until_none_runs();
    CHECK(watch.elapsed() < 10s);
}
