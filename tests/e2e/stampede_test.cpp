// Many readers of one absent key, through two proxies that share a Redis.
#include "tests/e2e/crowd.hpp"
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

const std::string get_item = resp_client::encode({"GET", "item:1"});

struct two_proxies : shop {
    explicit two_proxies(const std::string& options)
        : first(config(item(slow_query, options))), second(config(item(slow_query, options))) {}

    proxy_process first;
    proxy_process second;
};

void ask_by_thousands(std::string_view seconds) {
    crowd clients;
    two_proxies world("fill_timeout = \"10s\"");
    world.sleep_in_queries(seconds);
    clients.join(world.first.port(), 500);
    clients.join(world.second.port(), 500);

    clients.send(get_item);
    const auto replies = clients.replies();

    CHECK(std::count(replies.begin(), replies.end(), "$5\r\napple\r\n") == 1000);
    CHECK(world.executions() == 1);
    CHECK(stat(world.first, "item", "fills") + stat(world.second, "item", "fills") == 1);
    CHECK(stat(world.first, "item", "fill_errors") + stat(world.second, "item", "fill_errors") == 0);
    // They may be answered before the value is stored.
    resp_client direct(world.redis.port());
    eventually("the value is stored", [&] { return direct.call({"GET", "item:1"}) == "$5\r\napple\r\n"; });
}

// The row changes while the fill's query, which does not see the change, is under way.
void invalidate_during_fill(two_proxies& world, const proxy_process& by, const std::string& command) {
    resp_client reader(world.first.port());
    resp_client writer(by.port());
    world.sleep_in_queries("1");
    reader.send({"GET", "item:1"});
    world.wait_until_running();

    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1; UPDATE slowness SET seconds = 0");
    CHECK(writer.call({command, "item:1"}) == ":0\r\n");

    CHECK(writer.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    const std::string began_before = reader.read_reply();
    CHECK((began_before == "$5\r\napple\r\n" || began_before == "$6\r\nquince\r\n"));
    CHECK(reader.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    CHECK(resp_client(world.redis.port()).call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    // Who began before may be answered before Redis has refused the value.
    eventually("the store is rejected", [&] { return stat(world.first, "item", "rejected_stores") == 1; });
    CHECK(resp_client(world.redis.port()).call({"GET", "item:1"}) == "$6\r\nquince\r\n");
}

}  // namespace

TEST_CASE("stampede: 1000 clients of two proxies that miss one key at the same moment cost one query", "[e2e]") {
    ask_by_thousands("0");
}

TEST_CASE("stampede: 1000 clients of two proxies wait for one query that takes 300 ms", "[e2e]") {
    ask_by_thousands("0.3");
}

TEST_CASE("stampede: when the proxy that holds the lease is killed, the clients of the other one get their answer", "[e2e]") {
    crowd clients;
    two_proxies world("fill_timeout = \"2s\"");
    world.sleep_in_queries("30");
    resp_client of_first(world.first.port());
    of_first.send({"GET", "item:1"});
    world.wait_until_running();
    world.sleep_in_queries("0");
    clients.join(world.second.port(), 100);

    clients.send(get_item);
    const stopwatch since_asked;
    world.first.kill();
    const auto replies = clients.replies();

    CHECK(since_asked.elapsed() < 2s + 1s);
    CHECK(std::count(replies.begin(), replies.end(), "$5\r\napple\r\n") == 100);
    resp_client later(world.second.port());
    CHECK(later.call({"GET", "item:1"}) == "$5\r\napple\r\n");
}

TEST_CASE("stampede: a DEL during a fill keeps the old value out of Redis", "[e2e]") {
    two_proxies world("fill_timeout = \"10s\"");

    invalidate_during_fill(world, world.first, "DEL");
}

TEST_CASE("stampede: a DEL through another proxy during a fill keeps the old value out of Redis", "[e2e]") {
    two_proxies world("fill_timeout = \"10s\"");

    invalidate_during_fill(world, world.second, "DEL");
}

TEST_CASE("stampede: UNLINK during a fill does as DEL does", "[e2e]") {
    two_proxies world("fill_timeout = \"10s\"");

    invalidate_during_fill(world, world.second, "UNLINK");
}
