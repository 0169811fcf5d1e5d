#pragma once

#include "backends/postgres/pool_stats.hpp"
#include "proxy/fills/fill_engine.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "tests/integration/redis_link_fixture.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>
#include <libpq-fe.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace respgres::tests {

// While it exists and is closed, the queries of the mappings "gated" and "session" wait behind their snapshot.
class query_gate {
public:
    query_gate() : holder_(PQconnectdb(postgres_server::shared().url().c_str())) { run("SELECT pg_advisory_lock(1)"); }
    ~query_gate() { PQfinish(holder_); }
    query_gate(const query_gate&) = delete;
    query_gate& operator=(const query_gate&) = delete;

    void open() { run("SELECT pg_advisory_unlock(1)"); }
    // Queries that have taken their snapshot and wait.
    static int waiting() {
        return std::stoi(
            postgres_server::shared().execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").at(0).at(0));
    }

private:
    void run(const char* sql) {
        PGresult* const result = PQexec(holder_, sql);
        const bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
        PQclear(result);
        if (!ok) throw std::runtime_error(PQerrorMessage(holder_));
    }

    PGconn* holder_;
};

struct outcome_keeper final : proxy::fill_waiter {
    void on_filled(const proxy::fill_outcome& told) noexcept override { all.push_back(told); }
    bool told() const { return !all.empty(); }
    const proxy::fill_outcome& only() const {
        REQUIRE(all.size() == 1);
        return all.front();
    }

    std::vector<proxy::fill_outcome> all;
};

inline std::string text_of(const proxy::fill_outcome& told) {
    REQUIRE(told.how == proxy::fill_outcome::kind::answered);
    REQUIRE(told.filled);
    if (const auto* text = std::get_if<proxy::string_value>(told.filled.get())) return text->bytes;
    return proxy::is_absent(*told.filled) ? "<absent>" : "<" + std::string(proxy::type_name(*told.filled)) + ">";
}

// Table kv holds 1 = 'one', 2 = 'two'; mappings on it are compiled as those of a configuration.
inline conf::settings fill_settings() {
    conf::settings all;
    const auto add = [&all](std::string name, std::string key, conf::shape shape, std::string query) -> conf::mapping_settings& {
        conf::mapping_settings& made = all.mappings.emplace_back();
        made.name = std::move(name);
        made.key.value = std::move(key);
        made.shape.value = shape;
        made.query.value = std::move(query);
        made.ttl.value = 60s;
        made.ttl_jitter = 0;
        made.fill_timeout = 5s;
        return made;
    };
    add("plain", "v:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id");
    add("gated", "g:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id AND pg_advisory_xact_lock_shared(1)::text = ''");
    // A batch has a quarter of the time.
    add("together", "t:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id AND pg_advisory_xact_lock_shared(1)::text = ''")
        .fill_timeout = 80s;
    add("impatient", "i:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id AND pg_advisory_xact_lock_shared(1)::text = ''")
        .fill_timeout = 200ms;
    add("broken", "d:{id:int}", conf::shape::string, "SELECT 100 / :id::int8");
    add("narrow", "n:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id::int4");
    add("forgetful", "f:{id:int}", conf::shape::string, "SELECT v FROM kv WHERE id = :id").negative_ttl = 0ms;
    add("long_list", "l:{n:int}", conf::shape::list, "SELECT i FROM generate_series(1, :n::int8) AS i");
    add("long_zset", "z:{n:int}", conf::shape::zset, "SELECT 'm' || i AS member, i / 4.0 AS score FROM generate_series(1, :n::int8) AS i");
    auto& session = add("session", "s:{id:int}", conf::shape::hash,
                        "SELECT id, v FROM kv WHERE id = :id AND pg_advisory_xact_lock_shared(1)::text = ''");
    session.primary.value = conf::primary_source::redis;
    add("limited", "m:{n:int}", conf::shape::list, "SELECT i FROM generate_series(1, :n::int8) AS i").max_rows = 10;
    return all;
}

// A fill engine as a worker has it, on a real Redis of its own and the shared PostgreSQL.
class engine_fixture {
public:
    explicit engine_fixture(std::uint32_t connections = 4) : link(link_settings_for(server.port())), direct(server.port()) {
        postgres_server::shared().execute(
            "DROP TABLE IF EXISTS kv; CREATE TABLE kv (id int8 PRIMARY KEY, v text); "
            "INSERT INTO kv VALUES (1, 'one'), (2, 'two')");
        conf::problems found;
        table = proxy::mapping_table::build(fill_settings(), found);
        for (const auto& problem : found) FAIL_CHECK(problem.message);
        REQUIRE(found.empty());
        stats = std::vector<proxy::mapping_stats>(table.all().size());
        postgres::pool_settings settings;
        settings.url = postgres_server::shared().url();
        settings.connections = connections;
        pool.emplace(loop().context().get_executor(), settings);
        pool->start();
        client.emplace(*link);
        engine.emplace(loop().context().get_executor(), *client, *pool, stats);
        link.connect();
        loop().until("PostgreSQL is connected", [this] { return pool->is_connected(); });
    }
    ~engine_fixture() {
        try {
            loop().until("all fills have ended", [this] { return engine->flights() == 0; });
            loop().await(pool->stop());
        } catch (const std::exception& why) {
            FAIL_CHECK(why.what());
            std::terminate();   // coroutines would go on with an engine that is gone
        }
    }
    engine_fixture(const engine_fixture&) = delete;
    engine_fixture& operator=(const engine_fixture&) = delete;

    redis_loop& loop() { return link.loop(); }
    // `scratch` refers to `key` afterwards.
    const proxy::mapping& mapping_of(std::string_view key) {
        const proxy::mapping* const found = table.find(key, scratch);
        REQUIRE(found != nullptr);
        REQUIRE(scratch.invalid == nullptr);
        return *found;
    }
    proxy::mapping_stats& stats_of(std::string_view key) { return stats[mapping_of(key).index]; }

    void join(const std::string& key, outcome_keeper& waiter, proxy::fill_engine::need what = proxy::fill_engine::need::answer) {
        const proxy::mapping& source = mapping_of(key);
        engine->join(source, key, scratch, waiter, what);
    }
    void refresh(const std::string& key) {
        const proxy::mapping& source = mapping_of(key);
        engine->refresh(source, key, scratch);
    }
    // Joins and waits until all of the fill has ended.
    proxy::fill_outcome fill(const std::string& key, proxy::fill_engine::need what = proxy::fill_engine::need::answer) {
        outcome_keeper waiter;
        join(key, waiter, what);
        settle();
        return waiter.only();
    }
    void settle() {
        loop().until("all fills have ended", [this] { return engine->flights() == 0; });
    }
    void until_query_waits() {
        loop().until("a query waits", [] { return query_gate::waiting() > 0; });
    }
    // What Redis holds, as text; "<nil>" for nothing.
    std::string held(const std::string& key) {
        const std::string reply = direct.call({"GET", key});
        return reply == "$-1\r\n" ? "<nil>" : bulk_text(reply);
    }
    bool exists(const std::string& key) { return direct.call({"EXISTS", key}) == ":1\r\n"; }
    std::int64_t ttl_of(const std::string& key) { return std::stoll(direct.call({"PTTL", key}).substr(1)); }

    redis_server server;
    link_fixture link;
    resp_client direct;
    proxy::mapping_table table;
    std::vector<proxy::mapping_stats> stats;
    std::optional<postgres::pool> pool;
    std::optional<redis::client> client;
    std::optional<proxy::fill_engine> engine;
    proxy::captures scratch;
};

}  // namespace respgres::tests
