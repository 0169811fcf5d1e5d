// proxy/values against the originals: evaluate() beside a real redis-server, byte for byte, and our JSON beside PostgreSQL's to_json.
#include "backends/postgres/column_types.hpp"
#include "proxy/values/evaluate.hpp"
#include "proxy/values/json_writer.hpp"
#include "proxy/values/value_builder.hpp"
#include "tests/integration/values_samples.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>
#include <libpq-fe.h>

#include <array>
#include <cstdio>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace respgres;
using namespace std::chrono_literals;
using protocol::resp_version;
using proxy::value;
using tests::command_words;

// ---- evaluate() beside Redis

constexpr double infinity = std::numeric_limits<double>::infinity();

struct sample {
    std::string key;
    value held;
    bool has_order = true;    // false: Redis answers SMEMBERS in an order of its own
    bool has_lex = true;      // false: BYLEX is undefined in Redis, as scores differ and the set is no listpack
};

proxy::zset_value many_of_one_score() {
    proxy::zset_value zset;
    for (int i = 100; i < 400; ++i) zset.members.emplace_back("m" + std::to_string(i), 5);
    return zset;
}

proxy::zset_value many_scores() {
    proxy::zset_value zset;
    for (int i = 100; i < 400; ++i) zset.members.emplace_back("m" + std::to_string(i), (i - 250) / 4 + 0.1);
    return zset;
}

std::vector<sample> samples() {
    std::vector<sample> all;
    all.push_back({"absent", proxy::absent_value{}});
    all.push_back({"text", proxy::string_value{"hello, world"}});
    all.push_back({"empty", proxy::string_value{""}});
    all.push_back({"integer", proxy::string_value{"-12345"}});
    all.push_back({"binary", proxy::string_value{std::string("\r\n\0\xff$5", 6)}});
    all.push_back({"long", proxy::string_value{std::string(5'000, 'x')}});
    all.push_back(
        {"hash", proxy::hash_value{{{"id", "7"}, {"name", "Ann"}, {"", "no name"}, {"empty", ""}, {std::string("\0b", 2), "\xff"}}}});
    all.push_back({"list", proxy::list_value{{"a", "b", "", "a", "12", std::string(10, 'z')}}});
    all.push_back({"numbers", proxy::set_value{{"10", "-3", "9223372036854775807", "0", "9"}}});
    all.push_back({"one", proxy::set_value{{"alone"}}});
    all.push_back({"set", proxy::set_value{{"b", "a", "", "10", "007"}}, false});
    all.push_back({"zset", proxy::zset_value{{{"low", -infinity},
                                              {"n", -2.5},
                                              {"a", 0.1},
                                              {"b", 0.1},
                                              {"c", 1},
                                              {"d", 3},
                                              {"e", 1e17},
                                              {"f", 1.7e308},
                                              {"top", infinity}}}});
    all.push_back({"tiny", proxy::zset_value{{{"zero", 0}, {"least", 5e-324}, {"third", 1.0 / 3}}}});
    all.push_back({"lex", proxy::zset_value{{{"", 0}, {"a", 0}, {"aa", 0}, {"b", 0}, {"c", 0}, {"\xff", 0}}}});
    all.push_back({"large lex", many_of_one_score()});
    all.push_back({"large zset", many_scores(), true, false});
    return all;
}

std::string exact(double score) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", score);
    return text;
}

// The command that makes Redis hold the value; none for an absent one.
struct storing_command {
    const std::string& key;

    command_words operator()(const proxy::absent_value&) const { return {}; }
    command_words operator()(const proxy::string_value& v) const { return {"SET", key, v.bytes}; }
    command_words operator()(const proxy::hash_value& v) const {
        command_words all = {"HSET", key};
        for (const auto& [name, text] : v.fields) all.insert(all.end(), {name, text});
        return all;
    }
    command_words operator()(const proxy::list_value& v) const { return with("RPUSH", v.elements); }
    command_words operator()(const proxy::set_value& v) const { return with("SADD", v.members); }
    command_words operator()(const proxy::zset_value& v) const {
        command_words all = {"ZADD", key};
        for (const auto& [name, score] : v.members) all.insert(all.end(), {exact(score), name});
        return all;
    }

    command_words with(const char* command, const command_words& elements) const {
        command_words all = {command, key};
        all.insert(all.end(), elements.begin(), elements.end());
        return all;
    }
};

constexpr std::int64_t expiry_ms = 4'102'444'800'600;   // 2100, and such that EXPIRETIME rounds up
constexpr std::chrono::system_clock::time_point wall_clock{1'700'000'000'123ms};

std::string ours(const value& held, const command_words& command, resp_version version, std::chrono::milliseconds remaining) {
    const std::vector<std::string_view> arguments(command.begin(), command.end());
    std::string out;
    protocol::reply_writer writer(out, version);
    if (!proxy::evaluate(arguments, held, remaining, wall_clock, writer)) return "(not evaluated)";
    return out;
}

std::string ours(const value& held, const command_words& command, resp_version version) {
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(wall_clock.time_since_epoch());
    return ours(held, command, version, std::chrono::milliseconds(expiry_ms) - since_epoch);
}

// BYLEX on a skip list of differing scores finds what the random height of its nodes makes it find.
bool is_defined(const sample& of, const command_words& command) {
    if (!of.has_order && command.front() == "SMEMBERS") return false;
    return of.has_lex || std::none_of(command.begin(), command.end(), [](const std::string& word) { return word == "BYLEX"; });
}

// A Redis that holds all samples, and a client of each protocol version.
struct loaded_redis {
    loaded_redis() {
        resp3.hello3();
        for (const sample& each : all) {
            const command_words store = std::visit(storing_command{each.key}, each.held);
            if (store.empty()) continue;
            if (resp2.call(store).starts_with('-') || resp2.call({"PEXPIREAT", each.key, std::to_string(expiry_ms)}) != ":1\r\n")
                throw std::runtime_error("Redis does not take the sample " + each.key);
        }
    }

    // Both replies to `command` in both versions are equal.
    void compare(const sample& of, const command_words& command) {
        if (!is_defined(of, command)) return;
        std::string shown;
        for (const std::string& word : command) shown += Catch::Detail::stringify(word) + " ";
        INFO(shown);
        CHECK(ours(of.held, command, resp_version::resp2) == resp2.call(command));
        CHECK(ours(of.held, command, resp_version::resp3) == resp3.call(command));
    }

    std::vector<sample> all = samples();
    tests::redis_server server;
    tests::resp_client resp2{server.port()};
    tests::resp_client resp3{server.port()};
};

}  // namespace

TEST_CASE("evaluate: answers every command on every type as Redis does, in both protocol versions", "[values]") {
    loaded_redis redis;
    tests::command_generator generator;
    for (const sample& each : redis.all)
        for (const tests::form& of : tests::forms)
            for (int i = of.arguments.front().empty() ? 1 : 12; i > 0; --i) redis.compare(each, generator.make(of, each.key));
}

TEST_CASE("evaluate: answers ranges of sorted sets as Redis does, in both protocol versions", "[values]") {
    loaded_redis redis;
    tests::command_generator generator;
    for (const sample& each : redis.all) {
        const int rounds = std::holds_alternative<proxy::zset_value>(each.held) ? 400 : 10;
        for (int i = 0; i < rounds; ++i) redis.compare(each, generator.make_range(each.key));
    }
}

TEST_CASE("evaluate: every pair of indices cuts strings, lists and sorted sets as Redis does", "[values]") {
    loaded_redis redis;
    for (const sample& each : redis.all) {
        const char* command = std::holds_alternative<proxy::string_value>(each.held) ? "GETRANGE"
                              : std::holds_alternative<proxy::list_value>(each.held) ? "LRANGE"
                              : each.key == "zset"                                   ? "ZREVRANGE"
                                                                                     : nullptr;
        if (!command) continue;
        for (const std::string_view start : tests::indices)
            for (const std::string_view end : tests::indices)
                redis.compare(each, {command, each.key, std::string(start), std::string(end)});
    }
}

TEST_CASE("evaluate: TTL is what Redis rounds its PTTL to", "[values]") {
    tests::redis_server server;
    tests::resp_client client(server.port());
    const value held = proxy::string_value{"x"};
    const auto pttl = [&] { return std::chrono::milliseconds(std::stoll(client.call({"PTTL", "k"}).substr(1))); };
    for (const char* milliseconds : {"1499", "1700", "59600", "3600000"}) {
        client.call({"SET", "k", "x", "PX", milliseconds});

        const auto before = pttl();
        const std::string reply = client.call({"TTL", "k"});
        const auto after = pttl();

        const std::string bounds[] = {ours(held, {"TTL", "k"}, resp_version::resp2, before),
                                      ours(held, {"TTL", "k"}, resp_version::resp2, after)};
        INFO(milliseconds << " " << reply);
        CHECK((reply == bounds[0] || reply == bounds[1]));
    }
}

// ---- our JSON beside PostgreSQL's

namespace {

struct result_deleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
struct connection_deleter {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};

using result = std::unique_ptr<PGresult, result_deleter>;
using text = std::optional<std::string_view>;

// A session with the settings that the proxy's own have.
class session {
public:
    explicit session(const std::string& time_zone = "UTC") : connection_(PQconnectdb(tests::postgres_server::shared().url().c_str())) {
        run("SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, MDY'; SET bytea_output = 'hex'; SET TimeZone = '" + time_zone + "'");
    }

    result run(const std::string& sql) {
        result got(PQexec(connection_.get(), sql.c_str()));
        const auto status = PQresultStatus(got.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(sql + ": " + PQresultErrorMessage(got.get()));
        return got;
    }

    // Columns as the pool describes them to a row_sink, types of users included.
    std::vector<postgres::column> columns(const PGresult* of, int count) {
        std::vector<postgres::column> all;
        for (int i = 0; i < count; ++i) {
            postgres::column made;
            made.name = PQfname(of, i);
            made.type_oid = PQftype(of, i);
            if (const auto known = postgres::builtin_type(made.type_oid)) {
                made.kind = known->kind;
                made.is_array = known->is_array;
                made.delimiter = known->delimiter;
            }
            all.push_back(made);
        }
        if (const auto unknown = postgres::unknown_types(all); !unknown.empty()) describe(unknown, all);
        return all;
    }

private:
    void describe(std::span<const std::uint32_t> unknown, std::span<postgres::column> columns) {
        const result types = run(postgres::type_query(unknown));
        for (int i = 0; i < PQntuples(types.get()); ++i) {
            const auto oid = [&](int column) { return static_cast<std::uint32_t>(std::stoul(PQgetvalue(types.get(), i, column))); };
            const postgres::type_row found{oid(0), *PQgetvalue(types.get(), i, 1) == 't', oid(2), *PQgetvalue(types.get(), i, 3)};
            postgres::apply_type(found, columns);
        }
    }

    std::unique_ptr<PGconn, connection_deleter> connection_;
};

text cell(const result& of, int row, int column) {
    if (PQgetisnull(of.get(), row, column)) return std::nullopt;
    return std::string_view(PQgetvalue(of.get(), row, column), static_cast<std::size_t>(PQgetlength(of.get(), row, column)));
}

// The rows of `sql`, value beside to_json(value): each value as JSON of ours is the other, character for character. Returns their number.
int compare_json(session& with, const std::string& sql) {
    const result got = with.run(sql);
    const auto type = with.columns(got.get(), 1).front();
    for (int i = 0; i < PQntuples(got.get()); ++i) {
        const text plain = cell(got, i, 0);
        const text expected = cell(got, i, 1);
        INFO(sql << "\n" << plain.value_or("NULL"));
        REQUIRE(plain.has_value());
        REQUIRE(expected.has_value());
        std::string json;
        proxy::append_json(json, type, *plain);
        CHECK(json == *expected);
    }
    return PQntuples(got.get());
}

std::string beside_json(std::string_view expression) {
    return "SELECT " + std::string(expression) + ", to_json(" + std::string(expression) + ")";
}

constexpr const char* user_types =
    "SET client_min_messages = warning; DROP TYPE IF EXISTS json_mood CASCADE; CREATE TYPE json_mood AS ENUM ('sad', 'very \"happy\"');"
    "DROP DOMAIN IF EXISTS json_price CASCADE; CREATE DOMAIN json_price AS numeric(12,2)";

}  // namespace

TEST_CASE("json_writer: writes every scalar type as to_json does", "[values]") {
    for (const char* time_zone : {"UTC", "Asia/Kolkata", "America/St_Johns"}) {
        session with(time_zone);
        with.run(user_types);
        for (const std::string_view expression : tests::scalars) CHECK(compare_json(with, beside_json(expression)) == 1);
    }
}

TEST_CASE("json_writer: writes arrays of every type as to_json does", "[values]") {
    session with;
    with.run(user_types);
    for (const std::string_view expression : tests::arrays) CHECK(compare_json(with, beside_json(expression)) == 1);
}

TEST_CASE("json_writer: writes arrays of any text as to_json does", "[values]") {
    session with;
    with.run("SELECT setseed(0.5)");
    const int compared = compare_json(with,
                                      "SELECT a, to_json(a) FROM (SELECT array_agg(s) AS a FROM (SELECT g, (SELECT string_agg(substr("
                                      "E'abNUL {},;\"\\\\\\\\\\n\\t\\x01é€', 1 + floor(random() * 20)::int, 1), '') "
                                      "FROM generate_series(1, floor(random() * 7)::int + g * 0)) AS s FROM generate_series(1, 4000) g) x "
                                      "GROUP BY g % 1000) y");
    CHECK(compared == 1'000);
}

TEST_CASE("json_writer: writes numbers, scores and points in time of any size as to_json does", "[values]") {
    session with;
    with.run("SELECT setseed(0.25)");
    const std::string rows = " FROM (SELECT (random() - 0.5) * 10 ^ (random() * 600 - 300) AS f FROM generate_series(1, 500)) x";
    CHECK(compare_json(with, "SELECT f, to_json(f)" + rows) == 500);
    CHECK(compare_json(with, "SELECT f::numeric, to_json(f::numeric)" + rows) == 500);
    CHECK(compare_json(with,
                       "SELECT t, to_json(t) FROM (SELECT '1000-01-01'::timestamptz + random() * '90000 years'::interval AS t "
                       "FROM generate_series(1, 500)) x") == 500);
}

TEST_CASE("value_builder: json is what to_json makes of the query's rows", "[values]") {
    session with;
    with.run(user_types);
    std::string query = "SELECT g AS id, NULL::text AS nothing, g AS \"odd \"\"name\\\"";
    std::size_t number = 0;
    for (const tests::choices expressions : {tests::choices(tests::scalars), tests::choices(tests::arrays)})
        for (const std::string_view expression : expressions)
            query.append(", ").append(expression).append(" AS \"column " + std::to_string(number++) + "\"");
    query += " FROM generate_series(1, 3) g";
    const result rows = with.run(query);
    const result expected = with.run("SELECT to_json(array_agg(t)) FROM (" + query + ") t");

    proxy::value_builder builder(conf::shape::json, {3, 1'000'000});
    builder.on_columns(with.columns(rows.get(), PQnfields(rows.get())));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
        std::vector<text> row;
        for (int column = 0; column < PQnfields(rows.get()); ++column) row.push_back(cell(rows, i, column));
        REQUIRE(builder.on_row(row));
    }
    CHECK(std::get<proxy::string_value>(builder.finish()).bytes == *cell(expected, 0, 0));
}
