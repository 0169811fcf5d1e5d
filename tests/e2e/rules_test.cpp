// Rules: what else than changed rows drops keys, against real servers.
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

const std::string apple = "$5\r\napple\r\n";
const std::string pear = "$4\r\npear\r\n";
const std::string quince = "$6\r\nquince\r\n";

proxy_config with_rules(const shop& world, const std::string& rules) {
    auto made = world.config(mappings);
    made.sections = rules;
    return made;
}

// Answers come before they are stored.
void fill(const shop& world, resp_client& client) {
    REQUIRE(client.call({"GET", "item:1"}) == apple);
    REQUIRE(client.call({"GET", "item:2"}) == pear);
    REQUIRE(client.call({"LINDEX", "upto:1", "0"}) == apple);
    resp_client redis(world.redis.port());
    eventually_replies(redis, {"EXISTS", "item:1", "item:2", "upto:1"}, ":3\r\n");
}

std::size_t times(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

void wait_until_listening(const proxy_process& proxy, std::size_t for_the = 1) {
    eventually("the proxy listens", [&] { return times(proxy.log(), "listens to notifications") == for_the; });
}

void break_listener(shop& world) {
    world.postgres.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'respgres listener'");
}

// A shop with rules and their proxy, once it holds keys and listens to what its rules name.
struct filled_shop : shop {
    explicit filled_shop(const std::string& rules) : proxy(with_rules(*this, rules)), client(proxy.port()) {
        if (rules == on_notify) wait_until_listening(proxy);
        fill(*this, client);
    }

    proxy_process proxy;
    resp_client client;
};

std::string encoded(const std::vector<std::vector<std::string>>& commands) {
    std::string bytes;
    for (const auto& each : commands) bytes += resp_client::encode(each);
    return bytes;
}

}  // namespace

TEST_CASE("rules: a client's command drops its targets before it is sent, and only these", "[e2e]") {
    filled_shop world(on_command);
    world.postgres.execute("UPDATE items SET name = 'quince'");

    world.client.send_raw(
        encoded({{"XADD", "placed:1", "1-1", "a", "b"}, {"GET", "item:1"}, {"LINDEX", "upto:1", "0"}, {"GET", "item:2"}}));
    CHECK(world.client.read_reply() == "$3\r\n1-1\r\n");
    CHECK(world.client.read_reply() == quince);
    CHECK(world.client.read_reply() == quince);
    CHECK(world.client.read_reply() == pear);

    CHECK(world.client.call({"PUBLISH", "other", "x"}) == ":0\r\n");
    CHECK(world.client.call({"XADD", "placed:x", "1-1", "a", "b"}) == "$3\r\n1-1\r\n");
    CHECK(world.client.call({"GET", "item:2"}) == pear);
    CHECK(stat(world.proxy, "", "drops") == 1);
    CHECK(world.client.call({"PUBLISH", "said.it", "x"}) == ":0\r\n");
    CHECK(world.client.call({"GET", "item:2"}) == quince);
    CHECK(stat(world.proxy, "", "drops") == 2);
    CHECK(stat(world.proxy, "", "failures") == 0);

    const std::string rule = "XADD placed:{id:int} drops item:{id}, upto:*";
    CHECK(world.client.call({"PROXY", "EXPLAIN", "upto:1"}).find("rules\r\n*2\r\n$6\r\nplaced\r\n$44\r\n" + rule) != std::string::npos);
    CHECK(http_get(world.proxy.admin_port(), "/explain?key=upto:1").body.find("\"rules\":{\"placed\":\"" + rule + "\"}") !=
          std::string::npos);
}

TEST_CASE("rules: a fill that began before the command is not stored", "[e2e]") {
    shop world;
    auto config = world.config(shop::item(shop::slow_query));
    config.sections = "[rule.placed]\non_command = \"XADD placed:{id:int}\"\ndrops = [\"item:{id}\"]\n";
    proxy_process proxy(config);
    resp_client reader(proxy.port());
    resp_client writer(proxy.port());
    world.sleep_in_queries("1");
    reader.send({"GET", "item:1"});
    world.wait_until_running();
    world.sleep_in_queries("0");
    world.postgres.execute("UPDATE items SET name = 'quince'");

    writer.call({"XADD", "placed:1", "1-1", "a", "b"});

    reader.read_reply();
    world.wait_until_none_runs();
    CHECK(writer.call({"GET", "item:1"}) == quince);
}

TEST_CASE("rules: Redis gets the deletions before the command, the lease's first", "[e2e]") {
    filled_shop world(on_command);
    resp_client monitor(world.redis.port());
    monitor.call({"MONITOR"});

    world.client.call({"PUBLISH", "said.it", "x"});

    const auto next_with = [&monitor](std::string_view words) {
        std::string line;
        while (line.find(words) == std::string::npos) line = monitor.read_reply();
        return line;
    };
    CHECK(next_with("item:2").find("\"DEL\" \"respgres:l:{item:2}\"") != std::string::npos);
    CHECK(next_with("item:2").find("\"UNLINK\" \"item:2\"") != std::string::npos);
    CHECK(next_with("said.it").find("\"PUBLISH\"") != std::string::npos);
}

TEST_CASE("rules: in a transaction the targets are dropped before EXEC, and not if it is discarded", "[e2e]") {
    filled_shop world(on_command);
    world.postgres.execute("UPDATE items SET name = 'quince'");

    world.client.call({"MULTI"});
    world.client.call({"XADD", "placed:1", "1-1", "a", "b"});
    world.client.call({"DISCARD"});
    CHECK(world.client.call({"GET", "item:1"}) == apple);

    world.client.send_raw(
        encoded({{"MULTI"}, {"XADD", "placed:1", "1-1", "a", "b"}, {"EXEC"}, {"GET", "item:1"}, {"LINDEX", "upto:1", "0"}}));
    CHECK(world.client.read_reply() == "+OK\r\n");
    CHECK(world.client.read_reply() == "+QUEUED\r\n");
    CHECK(world.client.read_reply() == "*1\r\n$3\r\n1-1\r\n");
    CHECK(world.client.read_reply() == quince);
    CHECK(world.client.read_reply() == quince);
}

TEST_CASE("rules: when keys cannot be dropped the command goes on, and the failure is counted and logged", "[e2e]") {
    filled_shop world(on_command);
    world.postgres.execute("UPDATE items SET name = 'quince'");
    resp_client redis(world.redis.port());
    redis.call({"ACL", "SETUSER", "default", "-unlink"});

    CHECK(world.client.call({"XADD", "placed:1", "1-1", "a", "b"}) == "$3\r\n1-1\r\n");
    CHECK(world.client.call({"GET", "item:1"}) == apple);
    CHECK(stat(world.proxy, "", "failures") == 1);
    for (int i = 0; i < 20; ++i) world.client.call({"PUBLISH", "said.it", "x"});
    CHECK(stat(world.proxy, "", "failures") == 21);
    // At most one line a second.
    CHECK(times(world.proxy.log(), "were not dropped") >= 1);
    CHECK(times(world.proxy.log(), "were not dropped") < 20);

    redis.call({"ACL", "SETUSER", "default", "+unlink"});
    world.client.call({"XADD", "placed:1", "1-2", "a", "b"});
    CHECK(world.client.call({"GET", "item:1"}) == quince);
    CHECK(world.client.call({"LINDEX", "upto:1", "0"}) == quince);
}

TEST_CASE("rules: all keys of a mapping are those that were filled, also before there was the rule", "[e2e]") {
    shop world;
    {
        proxy_process before(world.config(mappings));
        resp_client client(before.port());
        REQUIRE(client.call({"LINDEX", "upto:1", "0"}) == apple);
        resp_client redis(world.redis.port());
        eventually_replies(redis, {"EXISTS", "upto:1"}, ":1\r\n");
    }
    proxy_process proxy(with_rules(world, on_command));
    resp_client client(proxy.port());
    REQUIRE(client.call({"LINDEX", "upto:2", "0"}) == apple);
    resp_client redis(world.redis.port());
    CHECK(redis.call({"SMEMBERS", "respgres:g:upto"}) == "*1\r\n$6\r\nupto:2\r\n");
    world.postgres.execute("UPDATE items SET name = 'quince'");

    client.call({"XADD", "placed:1", "1-1", "a", "b"});

    CHECK(client.call({"LINDEX", "upto:1", "0"}) == quince);
    CHECK(client.call({"LINDEX", "upto:2", "0"}) == quince);
    world.postgres.execute("UPDATE items SET name = 'fig'");
    client.call({"XADD", "placed:1", "1-2", "a", "b"});
    CHECK(client.call({"LINDEX", "upto:1", "0"}) == "$3\r\nfig\r\n");
}

TEST_CASE("rules: a notification drops its targets, with or without a form of the payload", "[e2e]") {
    filled_shop world(on_notify);

    world.postgres.execute("UPDATE items SET name = 'quince'; NOTIFY told, '1'");
    eventually_replies(world.client, {"GET", "item:1"}, quince);
    eventually_replies(world.client, {"LINDEX", "upto:1", "0"}, quince);
    CHECK(world.client.call({"GET", "item:2"}) == pear);
    world.postgres.execute("NOTIFY \"Named Key\", 'item:2'");
    eventually_replies(world.client, {"GET", "item:2"}, quince);

    // Nobody knows what it means, so all that the rule may mean is dropped.
    world.postgres.execute("UPDATE items SET name = 'fig'; SELECT pg_notify('told', 'all ' || i) FROM generate_series(1, 50) AS i");
    eventually_replies(world.client, {"GET", "item:2"}, "$3\r\nfig\r\n");
    eventually("all are counted", [&] { return stat(world.proxy, "", "not_understood") == 50; });
    CHECK(stat(world.proxy, "", "notifications") == 52);
    CHECK(times(world.proxy.log(), "is not understood") < 50);
    CHECK(world.client.call({"PROXY", "META", "item:1"}).find("$9\r\nfreshness\r\n$6\r\nnotify\r\n") != std::string::npos);
}

TEST_CASE("rules: what may have been notified while the listener's connection was broken is dropped when it is back", "[e2e]") {
    filled_shop world(on_notify);
    // Its notification is lost, as if nobody had listened.
    world.postgres.execute("UPDATE items SET name = 'quince'");
    REQUIRE(world.client.call({"GET", "item:1"}) == apple);

    break_listener(world);
    wait_until_listening(world.proxy, 2);

    CHECK(times(world.proxy.log(), "does not listen to notifications") == 1);
    CHECK(world.client.call({"GET", "item:1"}) == quince);
    CHECK(world.client.call({"GET", "item:2"}) == quince);
    CHECK(world.client.call({"LINDEX", "upto:1", "0"}) == quince);
    CHECK(stat(world.proxy, "", "listens") == 1);
    world.postgres.execute("UPDATE items SET name = 'fig'; NOTIFY told, '1'");
    eventually_replies(world.client, {"GET", "item:1"}, "$3\r\nfig\r\n");
}

TEST_CASE("rules: a notification that Redis could not be told of is made up for", "[e2e]") {
    filled_shop world(on_notify);
    resp_client redis(world.redis.port());
    redis.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});

    world.postgres.execute("UPDATE items SET name = 'quince'; NOTIFY told, '1'");

    eventually_replies(world.client, {"GET", "item:1"}, quince);
    wait_until_listening(world.proxy, 2);
    CHECK(stat(world.proxy, "", "failures") == 1);
}

TEST_CASE("rules: the proxy ends while its listener connects", "[e2e]") {
    shop world;
    proxy_process proxy(with_rules(world, on_notify));
    wait_until_listening(proxy);
    break_listener(world);
    world.postgres.pause();
    eventually("the listener is without a connection", [&] { return stat(proxy, "", "listens") == 0; });

    CHECK(proxy.stop() == 0);
    world.postgres.resume();
}

TEST_CASE("rules: check shows them, and tells every problem with its place", "[e2e]") {
    shop world;
    temporary_directory directory;
    const auto check = [&](const std::string& rules) {
        return run_respgres({"check", "--config", directory.write("respgres.toml", with_rules(world, rules).text(1, 2))});
    };

    const auto good = check(on_notify + "[rule.placed]\non_command = \"XADD placed\"\ndrops = [\"upto:*\", \"item:1\"]\n");
    INFO(good.output);
    CHECK(good.exit_code == 0);
    CHECK(good.output.find("rule told: NOTIFY told with {id:int} drops item:{id}, upto:*\n") != std::string::npos);
    CHECK(good.output.find("rule named: NOTIFY Named Key drops the key that it names\n") != std::string::npos);
    CHECK(good.output.find("rule placed: XADD placed drops upto:*, item:1\n") != std::string::npos);
    CHECK(good.output.find("2 queries prepared, 3 rules\n") != std::string::npos);

    const auto bad = check("[rule.a]\non_command = \"XADD placed\"\ndrops = [\"nothing:*\"]\n[rule.b]\non_notify = \"x\"\n");
    INFO(bad.output);
    CHECK(bad.exit_code == 2);
    CHECK(bad.output.find("drops: 'nothing:*' belongs to no mapping") != std::string::npos);
    CHECK(bad.output.find("on_notify: [freshness] source is \"ttl\"") != std::string::npos);
    CHECK(bad.output.find("2 problems in ") != std::string::npos);
}

TEST_CASE("rules: explain names those that may drop the key", "[e2e]") {
    shop world;
    temporary_directory directory;
    const std::string file = directory.write("respgres.toml", with_rules(world, on_command).text(1, 2));

    const auto item = run_respgres({"explain", "--config", file, "item:7"}).output;
    const auto upto = run_respgres({"explain", "--config", file, "upto:7"}).output;

    CHECK(item.find("placed: XADD placed:{id:int} drops item:{id}, upto:*\n") != std::string::npos);
    CHECK(item.find("said: publish said.* drops item:2\n") != std::string::npos);
    CHECK(upto.find("placed: ") != std::string::npos);
    CHECK(upto.find("said: ") == std::string::npos);
}

TEST_CASE("rules: the set of a mapping's keys forgets what has expired, and keeps what is there", "[e2e]") {
    shop world;
    resp_client redis(world.redis.port());
    const std::string registry = "respgres:g:upto";
    for (int i = 1; i <= 250; ++i) redis.call({"SADD", registry, "upto:" + std::to_string(i)});
    redis.call({"SET", "upto:7", "x"});
    proxy_process proxy(with_rules(world, on_command));
    eventually_replies(redis, {"SCARD", registry}, ":1\r\n");
    CHECK(redis.call({"SMEMBERS", registry}) == "*1\r\n$6\r\nupto:7\r\n");
}
