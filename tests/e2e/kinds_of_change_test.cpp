// Each way in which PostgreSQL changes rows drops the keys that it concerns, and no others, from COMMIT to the client.
#include "tests/e2e/follower.hpp"
#include "tests/support/sanitizers.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;

namespace {

constexpr const char* apple = "$5\r\napple\r\n";
constexpr const char* pear = "$4\r\npear\r\n";
constexpr const char* quince = "$6\r\nquince\r\n";
constexpr const char* nil = "$-1\r\n";

struct running : follower {
    explicit running(const std::string& preparation = {}, std::string_view mappings = {}) {
        if (!preparation.empty()) postgres.execute(preparation);
        auto config = following();
        config.mappings += mappings;
        proxy.emplace(config);
        client.emplace(proxy->port());
        wait_until_proved(*proxy, *client);
    }

    void read(const std::string& key, std::string_view wanted) { REQUIRE(client->call({"GET", key}) == wanted); }
    // Redis holds it: a fill that is under way when a definition changes is not stored.
    void keep(const std::string& key) {
        eventually(key + " is a hit", [&] { return is_hit(*proxy, *client, key.substr(0, key.find(':')), key); });
    }
    void becomes(const std::string& key, std::string_view wanted) { eventually_replies(*client, {"GET", key}, wanted); }

    // Once this is seen, all that was committed before has been applied.
    void pass_a_marker() {
        const std::string name = "plum " + std::to_string(++markers);
        postgres.execute("UPDATE items SET name = '" + name + "' WHERE id = 3");
        becomes("item:3", "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n");
        // What was behind the bound was answered by PostgreSQL. ThreadSanitizer takes long for very many rows.
        const auto is_proved = [this] { return is_hit(*proxy, *client, "item", "item:3"); };
        eventually("reads are answered from Redis", is_proved, std::chrono::seconds(100));
    }
    // Whether reads of keys are hits that were there before.
    void still_held(const std::string& key, std::string_view wanted) {
        const std::string mapping = key.substr(0, key.find(':'));
        const auto misses = stat(*proxy, mapping, "misses");
        CHECK(client->call({"GET", key}) == wanted);
        CHECK(stat(*proxy, mapping, "misses") == misses);
    }

    std::optional<proxy_process> proxy;
    std::optional<resp_client> client;
    int markers = 0;
};

}  // namespace

TEST_CASE("kinds of change: savepoints that are rolled back drop nothing, the rest of their transaction does", "[e2e]") {
    running world;
    world.keep("item:1");
    world.keep("item:2");
    world.postgres.execute(
        "BEGIN; UPDATE items SET name = 'quince' WHERE id = 1; SAVEPOINT s; UPDATE items SET name = 'x' WHERE id = 2; "
        "ROLLBACK TO s; RELEASE s; COMMIT");
    world.becomes("item:1", quince);
    world.pass_a_marker();
    world.still_held("item:2", pear);
}

TEST_CASE("kinds of change: what was prepared counts once it is committed", "[e2e]") {
    running world;
    world.postgres.execute("ALTER SYSTEM SET max_prepared_transactions = 5");
    world.postgres.restart();
    world.wait_until_proved(*world.proxy, *world.client);
    world.keep("item:1");
    world.keep("item:2");
    world.postgres.execute("BEGIN; UPDATE items SET name = 'quince' WHERE id = 1; PREPARE TRANSACTION 'one'");
    world.postgres.execute("BEGIN; UPDATE items SET name = 'quince' WHERE id = 2; PREPARE TRANSACTION 'two'");
    world.pass_a_marker();
    world.still_held("item:1", apple);
    world.postgres.execute("COMMIT PREPARED 'one'");
    world.postgres.execute("ROLLBACK PREPARED 'two'");
    world.becomes("item:1", quince);
    world.pass_a_marker();
    world.still_held("item:2", pear);
}

TEST_CASE("kinds of change: rows of partitions, old, new, attached, and moved from one to another", "[e2e]") {
    running world(
        "CREATE TABLE slips(id bigint, year int, name text, PRIMARY KEY (id, year)) PARTITION BY RANGE (year);"
        "CREATE TABLE slips_25 PARTITION OF slips FOR VALUES FROM (2025) TO (2026);"
        "CREATE TABLE slips_26 PARTITION OF slips FOR VALUES FROM (2026) TO (2027);"
        "INSERT INTO slips VALUES (1, 2025, 'apple'), (2, 2026, 'pear')",
        "[mapping.slip]\nkey = \"slip:{id:int}\"\nttl = \"1h\"\nnegative_ttl = \"1h\"\n"
        "query = \"SELECT name FROM slips WHERE id = :id\"\n");
    world.keep("slip:1");
    world.keep("slip:2");
    world.read("slip:3", nil);
    world.read("slip:4", nil);

    world.postgres.execute("UPDATE slips SET name = 'quince' WHERE id = 1");
    world.becomes("slip:1", quince);
    world.pass_a_marker();
    world.still_held("slip:2", pear);

    world.postgres.execute("UPDATE slips SET year = 2026, name = 'apple' WHERE id = 1");
    world.becomes("slip:1", apple);
    world.postgres.execute("CREATE TABLE slips_27 PARTITION OF slips FOR VALUES FROM (2027) TO (2028)");
    world.postgres.execute("INSERT INTO slips VALUES (3, 2027, 'quince')");
    world.becomes("slip:3", quince);
    world.postgres.execute(
        "CREATE TABLE slips_28(LIKE slips INCLUDING ALL); INSERT INTO slips_28 VALUES (4, 2028, 'pear');"
        "ALTER TABLE slips ATTACH PARTITION slips_28 FOR VALUES FROM (2028) TO (2029)");
    world.becomes("slip:4", pear);
    world.keep("slip:4");
    world.postgres.execute("ALTER TABLE slips DETACH PARTITION slips_28");
    world.becomes("slip:4", nil);
}

TEST_CASE("kinds of change: a large value that did not change is no hindrance", "[e2e]") {
    running world(
        "CREATE TABLE notes(id bigint PRIMARY KEY, text text, name text);"
        "INSERT INTO notes SELECT 1, string_agg(md5(i::text), ''), 'apple' FROM generate_series(1, 1000) i",
        "[mapping.note]\nkey = \"note:{id:int}\"\nttl = \"1h\"\nquery = \"SELECT name FROM notes WHERE id = :id\"\n");
    world.keep("note:1");
    world.postgres.execute("UPDATE notes SET name = 'quince'");
    world.becomes("note:1", quince);
    CHECK(world.client->call({"GET", "note:1"}) == quince);
}

TEST_CASE("kinds of change: a key column that changes drops the keys of its old and of its new value", "[e2e]") {
    running world;
    world.keep("item:1");
    world.read("item:9", nil);
    world.postgres.execute("UPDATE items SET id = 9 WHERE id = 1");
    world.becomes("item:1", nil);
    world.becomes("item:9", apple);
}

TEST_CASE("kinds of change: one transaction of very many rows drops their keys and no others", "[e2e]") {
    running world;
    const std::string rows = is_sanitized ? "20000" : "100000";
    const std::string last = "item:" + rows;
    for (const std::string& key : {std::string("item:10"), std::string("item:9999"), last}) world.read(key, nil);
    world.keep("item:2");
    world.postgres.execute("INSERT INTO items SELECT i, 'quince' FROM generate_series(10, " + rows + ") i");
    for (const std::string& key : {std::string("item:10"), std::string("item:9999"), last}) world.becomes(key, quince);
    world.pass_a_marker();
    world.still_held("item:2", pear);
    world.postgres.execute("TRUNCATE items");
    for (const std::string& key : {std::string("item:2"), std::string("item:10"), last}) world.becomes(key, nil);
}

TEST_CASE("kinds of change: definitions", "[e2e]") {
    running world({},
                  "[mapping.line]\nkey = \"line:{id:int}\"\nttl = \"1h\"\nnegative_ttl = \"1h\"\n"
                  "query = \"SELECT * FROM items WHERE id = :id\"\nshape = \"json_row\"\n");
    const auto json = [](const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; };
    world.becomes("line:1", json(R"({"id":1,"name":"apple"})"));
    world.postgres.execute("ALTER TABLE items ADD COLUMN price int DEFAULT 7");
    world.pass_a_marker();
    world.postgres.execute("UPDATE items SET price = 8 WHERE id = 1");
    world.becomes("line:1", json(R"({"id":1,"name":"apple","price":8})"));
    world.postgres.execute(
        "DROP TABLE items; CREATE TABLE items(id bigint PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'quince')");
    world.becomes("line:1", json(R"({"id":1,"name":"quince"})"));
    world.becomes("item:1", quince);
    world.postgres.execute("UPDATE items SET name = 'pear' WHERE id = 1");
    world.becomes("item:1", pear);
    CHECK(stat(*world.proxy, "", "stale_served") == 0);
}
