// The auditor, against real servers: it finds what is wrong, and nothing else.
#include "tests/e2e/follower.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view often = "audit_rate = 1000";

// One counter of the audits of all three mappings.
std::int64_t audits(const proxy_process& proxy, std::string_view name) {
    return stat(proxy, "item", name) + stat(proxy, "upto", name) + stat(proxy, "first", name);
}

// Reads a key until `reached`.
template <class Condition>
void read_until(resp_client& client, const std::string& key, const char* what, Condition&& reached) {
    eventually(
        what,
        [&] {
            client.call({"GET", key});
            return reached();
        },
        60s);
}

}  // namespace

TEST_CASE("audit: a value planted behind the proxy's back is found, counted, logged and dropped", "[e2e]") {
    follower world;
    proxy_process proxy(world.following({}, often));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(follower::is_hit(proxy, client, "item", "item:1"));
    REQUIRE(audits(proxy, "audit_violations") == 0);

    SECTION("of the right type") {
        REQUIRE(redis.call({"SET", "item:1", "planted"}) == "+OK\r\n");
    }
    SECTION("that no row stands for") {
        world.postgres.execute("DELETE FROM items WHERE id = 1");
        eventually("the change is applied", [&] { return client.call({"GET", "item:1"}) == "$-1\r\n"; });
        // The answer leaves before that is stored, and storing it would drop what is planted.
        eventually("that is stored", [&] { return redis.call({"EXISTS", "respgres:n:{item:1}"}) == ":1\r\n"; });
        REQUIRE(redis.call({"SET", "item:1", "planted"}) == "+OK\r\n");
    }
    read_until(client, "item:1", "the violation is counted", [&] { return stat(proxy, "item", "audit_violations") == 1; });

    eventually("the key is dropped", [&] { return client.call({"GET", "item:1"}).find("planted") == std::string::npos; });
    CHECK(stat(proxy, "", "violations") == 1);
    CHECK(proxy.log().find("audit: mapping 'item': the key \"item:1\" was wrong in Redis") != std::string::npos);
    CHECK(redis.call({"EXISTS", "respgres:l:{item:1}"}) == ":0\r\n");
    CHECK(audits(proxy, "audit_violations") == 1);
}

TEST_CASE("audit: a planted key of another type is found", "[e2e]") {
    follower world;
    proxy_process proxy(world.following({}, often));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(redis.call({"DEL", "upto:2"}).starts_with(":"));
    REQUIRE(redis.call({"SET", "upto:2", "planted"}) == "+OK\r\n");
    eventually("the violation is counted", [&] {
        client.call({"LRANGE", "upto:2", "0", "-1"});
        return stat(proxy, "upto", "audit_violations") == 1;
    });
    eventually("the rows are back", [&] { return client.call({"LRANGE", "upto:2", "0", "-1"}) == "*2\r\n$5\r\napple\r\n$4\r\npear\r\n"; });
}

TEST_CASE("audit: nothing is found while rows change there and back under the readers", "[e2e]") {
    follower world;
    proxy_process proxy(world.following({}, often));
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    std::atomic<bool> is_over{false};
    // Two values only: what Redis holds is often equal to an older or a newer state.
    std::thread writer([&] {
        for (int i = 0; !is_over; ++i) {
            const std::string name = i % 2 == 0 ? "quince" : "apple";
            world.postgres.execute("UPDATE items SET name = '" + name + "' WHERE id = 1");
        }
    });
    try {
        eventually(
            "enough reads are verified, and some were not the same at first",
            [&] {
                for (int i = 0; i < 50; ++i) {
                    client.call({"GET", "item:1"});
                    client.call({"LRANGE", "upto:2", "0", "-1"});
                    client.call({"GET", "first"});
                }
                return audits(proxy, "audit_verified") > 200 && audits(proxy, "audit_gone") > 20;
            },
            150s);
    } catch (...) {
        is_over = true;
        writer.join();
        throw;
    }
    is_over = true;
    writer.join();
    CHECK(audits(proxy, "audit_violations") == 0);
    CHECK(audits(proxy, "audit_failed") == 0);
    CHECK(stat(proxy, "", "verified") > 200);
}

TEST_CASE("audit: is off for a mapping with audit = false, and at rate 0", "[e2e]") {
    follower world;
    const bool by_mapping = GENERATE(true, false);
    proxy_process proxy(by_mapping ? world.following("audit = false", often) : world.following({}, "audit_rate = 0"));
    resp_client client(proxy.port());
    resp_client redis(world.redis.port());
    world.wait_until_proved(proxy, client);
    REQUIRE(redis.call({"SET", "item:1", "planted"}) == "+OK\r\n");
    const auto hits = stat(proxy, "item", "hits");
    read_until(client, "item:1", "it was read for longer than the bucket takes to fill",
               [&, since = stopwatch()] { return stat(proxy, "item", "hits") >= hits + 100 && since.elapsed() > 1s; });
    CHECK(client.call({"GET", "item:1"}) == "$7\r\nplanted\r\n");
    for (const char* name : {"audit_verified", "audit_violations", "audit_gone", "audit_failed"}) CHECK(audits(proxy, name) == 0);
}
