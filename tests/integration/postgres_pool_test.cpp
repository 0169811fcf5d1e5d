// Queries through the pool against a real PostgreSQL: values, types, limits, cancelling.
#include "tests/integration/postgres_pool_fixture.hpp"
#include "tests/integration/postgres_relay.hpp"
#include "tests/support/process_memory.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <unistd.h>

using namespace respgres::tests;
using respgres::postgres::statement;
using respgres::postgres::type_kind;

namespace {

struct expected_value {
    const char* sql;
    const char* text;
    type_kind kind;
    bool is_array = false;
};

// As the PostgreSQL manual writes them with ISO dates, UTC and hex bytea.
const expected_value values[] = {
    {"true", "t", type_kind::boolean},
    {"(-32768)::int2", "-32768", type_kind::number},
    {"2147483647::int4", "2147483647", type_kind::number},
    {"9223372036854775807::int8", "9223372036854775807", type_kind::number},
    {"4294967295::oid", "4294967295", type_kind::number},
    {"1234567890123456789012345678901234567890.000000000000000001::numeric", "1234567890123456789012345678901234567890.000000000000000001",
     type_kind::number},
    {"12.50::numeric(12,2)", "12.50", type_kind::number},
    {"'NaN'::numeric", "NaN", type_kind::number},
    {"0.1::float8", "0.1", type_kind::number},
    {"1e-7::float4", "1e-07", type_kind::number},
    {"'Infinity'::float8", "Infinity", type_kind::number},
    {"'gr\u00fc\u00df'::text", "gr\u00fc\u00df", type_kind::text},
    {"'ab'::char(4)", "ab  ", type_kind::text},
    {"'\\x00ff10'::bytea", "\\x00ff10", type_kind::bytea},
    {"'2026-11-22'::date", "2026-11-22", type_kind::text},
    {"'18:55:00.5'::time", "18:55:00.5", type_kind::text},
    {"'2026-11-22 18:55:00.123'::timestamp", "2026-11-22 18:55:00.123", type_kind::timestamp},
    {"'2026-11-22 20:55:00.123+02'::timestamptz", "2026-11-22 18:55:00.123+00", type_kind::timestamptz},
    {"'1 year 2 days 03:00'::interval", "1 year 2 days 03:00:00", type_kind::text},
    {"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", type_kind::text},
    {"'{\"b\" :1}'::json", "{\"b\" :1}", type_kind::json},
    {"'{\"b\" :1}'::jsonb", "{\"b\": 1}", type_kind::json},
    {"'10.0.0.0/8'::inet", "10.0.0.0/8", type_kind::text},
    {"'[1,5)'::int4range", "[1,5)", type_kind::text},
    {"ROW(1, 'x')", "(1,x)", type_kind::text},
    {"ARRAY[1, NULL, 3]", "{1,NULL,3}", type_kind::number, true},
    {"ARRAY['a b', 'c']", "{\"a b\",c}", type_kind::text, true},
    {"ARRAY[true, false]", "{t,f}", type_kind::boolean, true},
    {"ARRAY['2026-11-22 18:55+00'::timestamptz]", "{\"2026-11-22 18:55:00+00\"}", type_kind::timestamptz, true},
};

}  // namespace

TEST_CASE("postgres pool: the types of PostgreSQL arrive as text with their kind", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    std::string sql = "SELECT ";
    for (const auto& each : values) sql.append(&each == values ? "" : ", ").append(each.sql);

    const auto got = pool.run(sql);

    REQUIRE(got.ok());
    REQUIRE(got.kept.rows.size() == 1);
    for (std::size_t i = 0; i < std::size(values); ++i) {
        INFO(values[i].sql);
        CHECK(got.kept.rows[0][i] == values[i].text);
        CHECK(got.kept.columns[i].kind == values[i].kind);
        CHECK(got.kept.columns[i].is_array == values[i].is_array);
    }
}

TEST_CASE("postgres pool: types of users are resolved through domains and arrays", "[integration]") {
    auto& server = postgres_server::shared();
    server.execute(
        "DROP SCHEMA IF EXISTS odd CASCADE; CREATE SCHEMA odd; CREATE TYPE odd.status AS ENUM ('OPEN', 'SETTLED');"
        "CREATE DOMAIN odd.money_amount AS numeric CHECK (VALUE >= 0); CREATE DOMAIN odd.payout AS odd.money_amount;"
        "CREATE TYPE odd.pair AS (a int, b text); CREATE DOMAIN odd.list AS int[]");
    pool_fixture pool(settings_for(server.url()));

    const auto got = pool.run(
        "SELECT 'OPEN'::odd.status, ARRAY['OPEN','SETTLED']::odd.status[], 1.50::odd.payout, "
        "ARRAY[1.50, 2]::odd.payout[], (1, 'x')::odd.pair, '{1,2}'::odd.list, "
        "ARRAY['(1,1),(0,0)'::box, '(2,2),(1,1)'::box]");

    REQUIRE(got.ok());
    const std::vector<std::string> texts = {"OPEN", "{OPEN,SETTLED}", "1.50", "{1.50,2}", "(1,x)", "{1,2}", "{(1,1),(0,0);(2,2),(1,1)}"};
    CHECK(got.kept.rows.at(0) == texts);
    const auto& columns = got.kept.columns;
    CHECK((columns[0].kind == type_kind::text && !columns[0].is_array));
    CHECK((columns[1].kind == type_kind::text && columns[1].is_array));
    CHECK((columns[2].kind == type_kind::number && !columns[2].is_array));
    CHECK((columns[3].kind == type_kind::number && columns[3].is_array));
    CHECK((columns[4].kind == type_kind::text && !columns[4].is_array));
    CHECK((columns[5].kind == type_kind::number && columns[5].is_array));
    CHECK((columns[6].delimiter == ';' && columns[6].is_array));
}

TEST_CASE("postgres pool: NULL is not an empty text, and a result without rows still announces its columns", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));

    const auto nulls = pool.run("SELECT NULL::int AS a, ''::text AS b");
    const auto empty = pool.run("SELECT 1 AS a, 'x' AS b WHERE false");

    CHECK(nulls.kept.rows == std::vector<std::vector<std::string>>{{"<NULL>", ""}});
    CHECK(empty.ok());
    CHECK(empty.kept.rows.empty());
    CHECK(empty.kept.announced == 1);
    REQUIRE(empty.kept.columns.size() == 2);
    CHECK(empty.kept.columns[0].name == "a");
}

TEST_CASE("postgres pool: the session's form of values does not depend on the user's settings", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url() +
                                   "?options=-c%20DateStyle%3DGerman%20-c%20TimeZone%3DAsia/Tokyo%20-c%20bytea_output%3Descape"));

    const auto got = pool.run("SELECT '2026-11-22 18:55+00'::timestamptz, '\\x00'::bytea");

    CHECK(got.kept.rows.at(0) == std::vector<std::string>{"2026-11-22 18:55:00+00", "\\x00"});
}

TEST_CASE("postgres pool: a parameter is a value, whatever it looks like", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));

    for (const std::string text : {"'; DROP TABLE bets; --", "$1", "", "\\", "a\r\nb", "gr\u00fc\u00df", "'"})
        CHECK(pool.run("SELECT $1::text", {text}).value() == text);
    CHECK(pool.run("SELECT $1::int + $2::int", {"20", "22"}).value() == "42");
}

TEST_CASE("postgres pool: a value that PostgreSQL cannot convert is an invalid parameter, and the connection goes on", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();
    const std::pair<const char*, std::string> bad[] = {
        {"SELECT $1::int", "abc"},
        {"SELECT $1::int", "99999999999"},
        {"SELECT $1::date", "2026-13-45"},
        {"SELECT $1::date", "yesterday is"},
        {"SELECT $1::uuid", "6ba7b810"},
        {"SELECT $1::text", "\xff\xfe"},
        {"SELECT $1::text", std::string("a\0b", 3)},
        {"SELECT $1::text", std::string(1024 * 1024 + 1, 'x')},
    };

    for (const auto& [sql, value] : bad) {
        INFO(sql);
        const auto got = pool.run(sql, {value});
        CHECK(got.code() == errc::invalid_parameter);
        CHECK_FALSE(got.detail().empty());
        CHECK(got.kept.announced == 0);
    }
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
}

TEST_CASE("postgres pool: the server's refusal comes with its words and code", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));

    const auto unknown = pool.run("SELECT * FROM no_such_table");
    const auto division = pool.run("SELECT 1 / $1::int", {"0"});
    const auto writing = pool.run("CREATE TABLE must_not_be (a int)");

    CHECK(unknown.code() == errc::server_error);
    CHECK(unknown.detail() == "relation \"no_such_table\" does not exist at character 15");
    CHECK(unknown.result.error().sqlstate == "42P01");
    CHECK(division.result.error().sqlstate == "22012");
    CHECK(writing.result.error().sqlstate == "25006");   // read_only_sql_transaction
}

TEST_CASE("postgres pool: a query past its time limit is cancelled at the server, and its connection goes on", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(settings_for(server.url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();
    const auto before = clock::now();

    const auto got = pool.run("SELECT pg_sleep(30)", {}, 50ms);

    CHECK(got.code() == errc::timed_out);
    CHECK(clock::now() - before < 10s);
    CHECK(running_queries(server) == 0);
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
    CHECK(pool->stats().timeouts.get() == 1);
    CHECK(pool->stats().errors.get() == 1);
    CHECK(pool->stats().cancels.get() >= 1);   // repeated if the server took its time
}

TEST_CASE("postgres pool: a cancel that comes too late does not hit the next query", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();
    int in_time = 0;

    // The query takes about 5 ms; the limit goes from well before that to well after.
    for (int i = 0; i < 200; ++i) {
        const auto got = pool.run("SELECT pg_sleep(0.005)", {}, 4'000us + i * 15us);
        in_time += got.ok() ? 1 : 0;
        if (!got.ok()) REQUIRE(got.code() == errc::timed_out);
        // Long enough for a cancel that is still on its way to find it.
        REQUIRE(pool.run("SELECT $1::int, pg_sleep(0.003)", {std::to_string(i)}).value() == std::to_string(i));
    }

    CHECK(in_time < 200);   // else this tested nothing
    CHECK(pool->stats().cancels.get() > 0);
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
}

TEST_CASE("postgres pool: statement_timeout at the server is a time limit, too", "[integration]") {
    auto settings = settings_for(postgres_server::shared().url());
    settings.statement_timeout = 50ms;
    pool_fixture pool(settings);

    const auto got = pool.run("SELECT pg_sleep(30)");

    CHECK(got.code() == errc::timed_out);
    CHECK(got.detail() == "canceling statement due to statement timeout");
}

TEST_CASE("postgres pool: a sink that wants no more stops ten million rows at once and in little memory", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(settings_for(server.url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();
    const auto memory = resident_bytes(::getpid());
    const auto before = clock::now();

    const auto got = pool.run("SELECT generate_series(1, 10000000), repeat('x', 100)", {}, 10s, 1'000);

    CHECK(got.code() == errc::result_too_large);
    CHECK(got.kept.rows.size() == 1'000);
    CHECK(clock::now() - before < 8s);
    if (memory_is_measurable) CHECK(resident_bytes(::getpid()) < memory + 300u * 1024 * 1024);   // all rows would take 2 GB
    CHECK(running_queries(server) == 0);
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
}

TEST_CASE("postgres pool: a row larger than allowed costs only its connection", "[integration]") {
    auto& server = postgres_server::shared();
    for (const auto& url : {server.url(), server.socket_url()}) {
        INFO(url);
        auto settings = settings_for(url);
        settings.max_row_bytes = 1024 * 1024;
        pool_fixture pool(settings);
        REQUIRE(pool.run("SELECT length(repeat('x', 2000000))").value() == "2000000");

        for (const auto* bytes : {"1048577", "50000000"}) {
            const auto got = pool.run("SELECT repeat('x', $1::int)", {bytes});

            CHECK(got.code() == errc::result_too_large);
            CHECK(got.detail() == "a row is larger than 1048576 bytes; its connection was closed");
            CHECK(got.kept.rows.empty());
        }
        CHECK(pool.run("SELECT repeat('x', 1048576)").value().size() == 1'048'576);
    }
}

TEST_CASE("postgres pool: a row is refused while it comes in, not when it is complete", "[integration]") {
    auto& server = postgres_server::shared();
    fake_server holder([&](fake_server::socket& client) { relay(client, server.port(), 4u * 1024 * 1024); });
    auto settings = settings_for("postgresql://postgres@127.0.0.1:" + std::to_string(holder.port()) + "/postgres");
    settings.max_row_bytes = 1024 * 1024;
    pool_fixture pool(settings);

    const auto got = pool.run("SELECT repeat('x', 50000000)");

    CHECK(got.code() == errc::result_too_large);
    CHECK(pool.run("SELECT 1").value() == "1");
}

TEST_CASE("postgres pool: over TLS, rows of all sizes arrive", "[integration]") {
    postgres_server server;
    const auto data = server.execute("SHOW data_directory").at(0).at(0) + "/";
    server.execute("COPY (SELECT 1) TO PROGRAM 'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -out " + data +
                   "server.crt -keyout " + data + "server.key 2>/dev/null'");
    server.execute("ALTER SYSTEM SET ssl = on");
    server.execute("SELECT pg_reload_conf()");
    pool_fixture pool(settings_for(server.url() + "?sslmode=require"));
    REQUIRE(pool.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").value() == "t");

    for (const auto bytes : {100, 1'000, 5'000, 8'000, 9'000, 20'000, 100'000}) {
        INFO(bytes);
        const auto got = pool.run("SELECT repeat('x', $1::int) FROM generate_series(1, $2::int)",
                                  {std::to_string(bytes), std::to_string(1'000'000 / bytes)}, 15s);
        CHECK(got.ok());
        CHECK(got.kept.rows.size() == static_cast<std::size_t>(1'000'000 / bytes));
    }
}

TEST_CASE("postgres pool: rows without a limit arrive one by one, all of them", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));

    const auto got = pool.run("SELECT generate_series(1, 100000)");

    REQUIRE(got.ok());
    CHECK(got.kept.announced == 1);
    REQUIRE(got.kept.rows.size() == 100'000);
    CHECK(got.kept.rows.back()[0] == "100000");
}

TEST_CASE("postgres pool: a table that changes its columns is prepared again", "[integration]") {
    auto& server = postgres_server::shared();
    server.execute("DROP TABLE IF EXISTS changing; CREATE TABLE changing (a int); INSERT INTO changing VALUES (7)");
    pool_fixture pool(settings_for(server.url()));
    REQUIRE(pool.run("SELECT * FROM changing").kept.columns[0].kind == type_kind::number);

    server.execute("ALTER TABLE changing ALTER a TYPE text, ADD b text DEFAULT 'new'");
    const auto got = pool.run("SELECT * FROM changing");

    REQUIRE(got.ok());
    CHECK(got.kept.announced == 1);
    CHECK(got.kept.columns[0].kind == type_kind::text);
    CHECK(got.kept.rows.at(0) == std::vector<std::string>{"7", "new"});
    CHECK(pool->stats().errors.get() == 0);
}

TEST_CASE("postgres pool: a statement that the server has forgotten, or that has got other SQL, is prepared again", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    REQUIRE(pool.run("SELECT 1").value() == "1");
    REQUIRE(pool.run("DEALLOCATE ALL").ok());

    CHECK(pool.run("SELECT 1").value() == "1");

    const statement first{"same_name", "SELECT 'first'", {}};
    const statement second{"same_name", "SELECT 'second'", {}};
    CHECK(pool.await(pool.ask_as(first, {}, 5s)).value() == "first");
    CHECK(pool.await(pool.ask_as(second, {}, 5s)).value() == "second");
}

TEST_CASE("postgres pool: names that PostgreSQL would cut to the same 63 bytes stay apart", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    const statement first{std::string(70, 'n') + "_first", "SELECT 'first'", {}};
    const statement second{std::string(70, 'n') + "_second\"", "SELECT 'second'", {}};

    for (int i = 0; i < 2; ++i) {
        CHECK(pool.await(pool.ask_as(first, {}, 5s)).value() == "first");
        CHECK(pool.await(pool.ask_as(second, {}, 5s)).value() == "second");
    }
}

TEST_CASE("postgres pool: describe tells parameters and columns without running the statement", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    const statement what{"described", "SELECT g AS id, $1::text AS note, now() AS at FROM generate_series(1, $2) g WHERE g = $3::int8", {}};

    const auto about = pool.await(pool->describe(what, clock::now() + 5s));
    const statement broken{"broken", "SELEC 1", {}};
    const auto error = pool.await(pool->describe(broken, clock::now() + 5s));

    REQUIRE(about.has_value());
    CHECK(about->parameter_type_names == std::vector<std::string>{"text", "integer", "bigint"});
    CHECK(about->parameter_types == std::vector<std::uint32_t>{25, 23, 20});
    REQUIRE(about->columns.size() == 3);
    CHECK(about->columns[0].name == "id");
    CHECK(about->columns[2].kind == type_kind::timestamptz);
    REQUIRE(error.has_error());
    CHECK(error.error().detail == "syntax error at or near \"SELEC\" at character 1");
}
