// Many keys of one mapping that are missing at the same moment.
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace respgres::tests;

namespace {

struct stocked_shop : shop {
    explicit stocked_shop(std::string_view options = {}) {
        postgres.execute("INSERT INTO items SELECT i, 'item ' || i FROM generate_series(4, 2000) i WHERE i % 10 <> 0; ANALYZE items");
        proxy.emplace(config(item(quick_query, options)));
    }

    // Queries that the proxy ran for keys, by its own count; pg_stat_statements counts the same ones.
    std::int64_t queries() const {
        return stat(*proxy, "item", "fills") - stat(*proxy, "item", "batched_keys") + stat(*proxy, "item", "batches");
    }

    std::optional<proxy_process> proxy;
};

std::string name_of(int id) {
    if (id == 1) return "apple";
    if (id == 2) return "pear";
    if (id == 3) return "plum";
    return id % 10 == 0 ? "" : "item " + std::to_string(id);
}

std::string bulk_of(int id) {
    const std::string name = name_of(id);
    return name.empty() ? "$-1\r\n" : "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n";
}

// MGET of `first` to `last`, and what it must answer.
std::string mget(int first, int last) {
    std::string words = "*" + std::to_string(last - first + 2) + "\r\n$4\r\nMGET\r\n";
    for (int id = first; id <= last; ++id) {
        const std::string key = "item:" + std::to_string(id);
        words += "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
    }
    return words;
}

std::string mget_reply(int first, int last) {
    std::string reply = "*" + std::to_string(last - first + 1) + "\r\n";
    for (int id = first; id <= last; ++id) reply += bulk_of(id);
    return reply;
}

}  // namespace

TEST_CASE("batches: an MGET of 100 missing keys is a few queries", "[e2e]") {
    stocked_shop world;
    resp_client client(world.proxy->port());
    client.send_raw(mget(1, 100));
    CHECK(client.read_reply() == mget_reply(1, 100));   // the first one learns the batch's form

    const auto before = world.queries();
    const auto executed = world.executions();
    client.send_raw(mget(201, 300));

    CHECK(client.read_reply() == mget_reply(201, 300));
    CHECK(world.queries() - before < 20);
    CHECK(world.executions() - executed == world.queries() - before);
    CHECK(stat(*world.proxy, "item", "split_batches") == 0);
    resp_client direct(world.redis.port());
    eventually("all are stored", [&] { return direct.call({"GET", "item:299"}) == bulk_of(299); });
    client.send_raw(mget(201, 300));
    CHECK(client.read_reply() == mget_reply(201, 300));
}

TEST_CASE("batches: 1000 keys that a client's pipeline misses are a few queries, answered in order", "[e2e]") {
    stocked_shop world;
    resp_client client(world.proxy->port());
    std::string commands, expected;
    for (int id = 1; id <= 1000; ++id) {
        commands += resp_client::encode({"GET", "item:" + std::to_string(id)});
        expected += bulk_of(id);
    }

    client.send_raw(commands);
    std::string replies;
    for (int id = 1; id <= 1000; ++id) replies += client.read_reply();

    CHECK(replies == expected);
    CHECK(stat(*world.proxy, "item", "fills") == 1000);
    CHECK(world.queries() < 300);
    CHECK(world.executions() == world.queries());
}

TEST_CASE("batches: with batch_max = 1 each key has a query of its own", "[e2e]") {
    stocked_shop world("batch_max = 1");
    resp_client client(world.proxy->port());
    client.send_raw(mget(1, 100));
    CHECK(client.read_reply() == mget_reply(1, 100));
    CHECK(world.executions() == 100);
    CHECK(stat(*world.proxy, "item", "batches") == 0);
}

TEST_CASE("batches: check warns of a query that cannot be batched, and refuses it where batch_max asks for it", "[e2e]") {
    shop world;
    // An aggregate of a capture alone belongs to the list of keys, not to the query.
    const std::string query = "SELECT max(:id::int8) FROM items WHERE id = :id";
    const auto check = [&world, &query](std::string_view options) {
        const temporary_directory directory;
        const std::string file = directory.write("batches.toml", world.config(shop::item(query, options)).text(6380, 9180));
        return run_respgres({"check", "--config", file});
    };

    const program_result warned = check("");
    CHECK(warned.exit_code == 0);
    CHECK(warned.output.find("cannot be run for several keys at once") != std::string::npos);
    const program_result told = check("batch_max = 1");
    CHECK(told.exit_code == 0);
    CHECK(told.output.find("several keys") == std::string::npos);
    const program_result refused = check("batch_max = 10");
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.find("batch_max of mapping 'item': its query cannot be run for several keys at once") != std::string::npos);
}
