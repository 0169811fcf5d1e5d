#pragma once

#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace respgres::tests {

// A Redis and a PostgreSQL with some items, for tests that put proxies in front of them.
//
// items(id, name): 1 'apple', 2 'pear', 3 'plum'. slowness(seconds): how long slow_query sleeps between its snapshot and its result.
struct shop {
    redis_server redis{{"--enable-debug-command", "local"}};
    // What is committed survives an immediate stop.
    postgres_server postgres{{"synchronous_commit = on"}};

    shop() {
        postgres.execute(
            "CREATE TABLE items(id bigint PRIMARY KEY, name text);"
            "INSERT INTO items VALUES (1, 'apple'), (2, 'pear'), (3, 'plum');"
            "CREATE TABLE slowness(seconds float8); INSERT INTO slowness VALUES (0)");
    }

    static constexpr std::string_view quick_query = "SELECT name FROM items WHERE id = :id";
    static constexpr std::string_view slow_query = "SELECT name FROM items, pg_sleep((SELECT seconds FROM slowness)) WHERE id = :id";

    // [mapping.item] with the key item:{id:int}; `options` are further lines.
    static std::string item(std::string_view query = quick_query, std::string_view options = {}) {
        return std::string("[mapping.item]\nkey = \"item:{id:int}\"\nttl = \"1m\"\nttl_jitter = 0\nquery = \"")
            .append(query)
            .append("\"\n")
            .append(options)
            .append("\n");
    }

    proxy_config config(std::string mappings) const {
        proxy_config made;
        made.redis_url = redis.url();
        made.postgres_url = postgres.url();
        made.mappings = std::move(mappings);
        return made;
    }

    void sleep_in_queries(std::string_view seconds) { postgres.execute("UPDATE slowness SET seconds = " + std::string(seconds)); }

    // Executions of queries whose text holds `part`, by pg_stat_statements.
    std::int64_t executions(std::string_view part = "FROM items") {
        const auto rows = postgres.execute("SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE '%" +
                                           std::string(part) + "%' AND query NOT LIKE '%pg_stat_%'");
        return std::stoll(rows.at(0).at(0));
    }

    // Queries on items that PostgreSQL is running.
    std::int64_t running() {
        const auto rows = postgres.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%FROM items%' AND pid <> pg_backend_pid()");
        return std::stoll(rows.at(0).at(0));
    }
    void wait_until_running() {
        eventually("a fill is under way", [this] { return running() > 0; });
    }
    void wait_until_none_runs() {
        eventually("PostgreSQL runs no fill", [this] { return running() == 0; });
    }
};

// A number of /stats: behind `"name":`, within the object of `mapping` if one is named. Throws if it is not there.
inline std::int64_t stat(const proxy_process& proxy, std::string_view mapping, std::string_view name) {
    const std::string text = http_get(proxy.admin_port(), "/stats").body;
    const auto find = [&text](const std::string& what, std::size_t from) {
        const auto at = text.find(what, from);
        if (at == std::string::npos) throw std::runtime_error("no " + what + " in " + text);
        return at + what.size();
    };
    std::size_t at = mapping.empty() ? 0 : find("\"mappings\":", 0);
    if (!mapping.empty()) at = find("\"" + std::string(mapping) + "\":{", at);
    at = find("\"" + std::string(name) + "\":", at);
    return std::stoll(text.substr(at, 24));
}

class stopwatch {
public:
    std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Repeats a command until its reply is `wanted`; throws with the last reply.
inline void eventually_replies(resp_client& client, std::initializer_list<std::string> command, std::string_view wanted) {
    std::string last;
    try {
        eventually("the reply comes", [&] { return (last = client.call(command)) == wanted; });
    } catch (const std::runtime_error& e) {
        throw std::runtime_error(std::string(e.what()) + "; the last reply was '" + last + "'");
    }
}

}  // namespace respgres::tests
