#pragma once

#include "tests/integration/postgres_pool_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace respgres::tests {

// $1, who answered; after $2 seconds.
inline const postgres::statement echo{"echo", "SELECT $1::text, pg_backend_pid(), pg_sleep($2::float8)", {}};
// The numbers up to $1.
inline const postgres::statement series{"series", "SELECT generate_series(1, $1::int)", {}};
inline const postgres::statement quotient{"quotient", "SELECT 100 / $1::int", {}};
// Two rows, of which the second drives the first out of PostgreSQL's buffer, and after $1 seconds another one.
inline const postgres::statement trickle{
    "trickle", "SELECT repeat('x', 100000), pg_sleep(CASE i WHEN 3 THEN $1::float8 ELSE 0 END) FROM generate_series(1, 3) i", {}};

// Whatever has run once is quick, so what a test starts at once shares connections, however slow the machine is.
inline postgres::pool_settings sharing_settings(std::uint32_t connections = 1, std::chrono::milliseconds makes_way_after = 1h) {
    auto settings = settings_for(postgres_server::shared().url(), connections);
    settings.quick_below = 1h;
    settings.makes_way_after = makes_way_after;
    return settings;
}

inline void await_all(pool_fixture& pool, const std::vector<pending>& answers) {
    pool.await(pool.until([&] { return all_here(answers); }), 60s);
}

// Prepares `what` on each connection, which makes it known.
inline void learn(pool_fixture& pool, const postgres::statement& what, const std::vector<std::string>& parameters) {
    pool.await(pool.until([&] { return pool->stats().connections.get() == static_cast<std::int64_t>(pool->connections()); }));
    std::vector<pending> answers;
    for (std::size_t i = 0; i < pool->connections(); ++i) answers.push_back(pool.start_asking_as(what, parameters));
    await_all(pool, answers);
    for (const auto& each : answers) REQUIRE((**each).ok());
}

// Asks for the numbers from 0 on.
inline std::vector<pending> start(pool_fixture& pool, std::size_t count, const std::string& seconds) {
    std::vector<pending> answers;
    for (std::size_t i = 0; i < count; ++i) answers.push_back(pool.start_asking_as(echo, {std::to_string(i), seconds}));
    return answers;
}

inline void check_echoes(const std::vector<pending>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const answer& got = **answers[i];
        CHECK(got.detail().empty());
        REQUIRE(got.kept.rows.size() == 1);
        CHECK(got.kept.rows[0][0] == std::to_string(i));
    }
}

}  // namespace respgres::tests
