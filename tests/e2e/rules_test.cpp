// Rules: what else than rows drops keys, against real servers.
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

const std::string mappings =
    "[mapping.item]\nkey = \"item:{id:int}\"\nttl = \"1h\"\nquery = \"SELECT name FROM items WHERE id = :id\"\n"
    "[mapping.upto]\nkey = \"upto:{most:int}\"\nttl = \"1h\"\nshape = \"list\"\n"
    "query = \"SELECT name FROM items WHERE id <= :most ORDER BY id\"\n";

const std::string on_command =
    "[rule.placed]\non_command = \"XADD placed:{id:int}\"\ndrops = [\"item:{id}\", \"upto:*\"]\n"
    "[rule.said]\non_command = \"publish said.*\"\ndrops = [\"item:2\"]\n";

const std::string on_notify =
    "[freshness]\nsource = \"notify\"\n"
    "[rule.told]\non_notify = \"told\"\npayload = \"{id:int}\"\ndrops = [\"item:{id}\", \"upto:*\"]\n"
    "[rule.named]\non_notify = \"Named Key\"\n";

proxy_config with_rules(const shop& world, const std::string& rules) {
    auto made = world.config(mappings);
    made.sections = rules;
    return made;
}

void fill(resp_client& client) {
    REQUIRE(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    REQUIRE(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    REQUIRE(client.call({"LINDEX", "upto:1", "0"}) == "$5\r\napple\r\n");
}

void wait_until_listening(shop& world) {
    eventually("the proxy listens", [&] {
        return world.postgres.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = 'respgres listener'").size() == 1;
    });
}

std::size_t times(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("rules: a client's command drops its targets before it is sent, and only these", "[e2e]") {
    shop world;
    proxy_process proxy(with_rules(world, on_command));
    resp_client client(proxy.port());
    fill(client);
    world.postgres.execute("UPDATE items SET name = 'quince'");
    client.send_raw(resp_client::encode({"XADD", "placed:1", "1-1", "a", "b"}) + resp_client::encode({"GET", "item:1"}) +
                    resp_client::encode({"LINDEX", "upto:1", "0"}) + resp_client::encode({"GET", "item:2"}));
    CHECK(client.read_reply() == "$3\r\n1-1\r\n");
    CHECK(client.read_reply() == "$6\r\nquince\r\n");
    CHECK(client.read_reply() == "$6\r\nquince\r\n");
    CHECK(client.read_reply() == "$4\r\npear\r\n");
    CHECK(client.call({"PUBLISH", "other", "x"}) == ":0\r\n");
    CHECK(client.call({"XADD", "placed:x", "1-1", "a", "b"}) == "$3\r\n1-1\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    CHECK(client.call({"PUBLISH", "said.it", "x"}) == ":0\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$6\r\nquince\r\n");
}

TEST_CASE("rules: in a transaction the targets are dropped before EXEC, and not if it is discarded", "[e2e]") {
    shop world;
    proxy_process proxy(with_rules(world, on_command));
    resp_client client(proxy.port());
    fill(client);
    world.postgres.execute("UPDATE items SET name = 'quince'");
    client.call({"MULTI"});
    client.call({"XADD", "placed:1", "1-1", "a", "b"});
    client.call({"DISCARD"});
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    client.call({"MULTI"});
    CHECK(client.call({"XADD", "placed:1", "1-1", "a", "b"}) == "+QUEUED\r\n");
    CHECK(client.call({"EXEC"}) == "*1\r\n$3\r\n1-1\r\n");
    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
}

TEST_CASE("rules: a notification drops its targets, with or without a payload pattern", "[e2e]") {
    shop world;
    proxy_process proxy(with_rules(world, on_notify));
    resp_client client(proxy.port());
    eventually("it listens", [&] { return times(proxy.log(), "listens to notifications") == 1; });
    fill(client);
    world.postgres.execute("UPDATE items SET name = 'quince'; NOTIFY told, '1'");
    eventually_replies(client, {"GET", "item:1"}, "$6\r\nquince\r\n");
    eventually_replies(client, {"LINDEX", "upto:1", "0"}, "$6\r\nquince\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    world.postgres.execute("NOTIFY \"Named Key\", 'item:2'");
    eventually_replies(client, {"GET", "item:2"}, "$6\r\nquince\r\n");
    // Nobody knows what it means, so all that the rule may mean is dropped.
    world.postgres.execute("UPDATE items SET name = 'fig'; NOTIFY told, 'everything'");
    eventually_replies(client, {"GET", "item:2"}, "$3\r\nfig\r\n");
}

TEST_CASE("rules: what was notified while the listener's connection was broken is seen after it is back", "[e2e]") {
    shop world;
    proxy_process proxy(with_rules(world, on_notify));
    resp_client client(proxy.port());
    eventually("it listens", [&] { return times(proxy.log(), "listens to notifications") == 1; });
    fill(client);
    wait_until_listening(world);
    // Nobody can connect until this has committed, so the notification has nobody to go to.
    world.postgres.execute(
        "BEGIN; LOCK pg_authid IN ACCESS EXCLUSIVE MODE;"
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'respgres listener';"
        "UPDATE items SET name = 'quince'; NOTIFY told, '1'; COMMIT");
    eventually("it listens again", [&] { return times(proxy.log(), "listens to notifications") == 2; });
    CHECK(proxy.log().find("does not listen to notifications") != std::string::npos);
    eventually_replies(client, {"GET", "item:1"}, "$6\r\nquince\r\n");
    eventually_replies(client, {"LINDEX", "upto:1", "0"}, "$6\r\nquince\r\n");
    world.postgres.execute("UPDATE items SET name = 'fig'; NOTIFY told, '1'");
    eventually_replies(client, {"GET", "item:1"}, "$3\r\nfig\r\n");
}

TEST_CASE("rules: check tells every problem of the rules, with its place", "[e2e]") {
    shop world;
    const auto result = [&] {
        proxy_config made =
            with_rules(world, "[rule.a]\non_command = \"XADD placed\"\ndrops = [\"nothing:*\"]\n[rule.b]\non_notify = \"x\"\n");
        try {
            proxy_process proxy(made);
        } catch (const std::runtime_error& e) {
            return std::string(e.what());
        }
        return std::string();
    }();
    CHECK(result.find("drops: 'nothing:*' belongs to no mapping") != std::string::npos);
    CHECK(result.find("on_notify: [freshness] source is \"ttl\"") != std::string::npos);
}
