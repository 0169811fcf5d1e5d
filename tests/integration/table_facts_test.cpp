#include "proxy/invalidations/read_table_facts.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace respgres;
using namespace respgres::tests;
using namespace respgres::proxy;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

using names = std::set<std::string>;

// Reads the facts of one mapping of each query, named m0, m1 ...
struct reading {
    explicit reading(postgres_server& server, std::string url = {}) {
        to.url = url.empty() ? server.url() : std::move(url);
        to.read_only = false;
        settings.freshness.source.value = conf::freshness_source::replication;
    }

    void add(const std::string& key, const std::string& query, std::vector<std::string> invalidate_on = {}) {
        auto made = mapping_of("m" + std::to_string(settings.mappings.size()), key, query);
        made.invalidate_on.value = std::move(invalidate_on);
        settings.mappings.push_back(std::move(made));
    }

    table_facts read() {
        conf::problems found;
        mappings = mapping_table::build(settings, found);
        for (const auto& each : found) FAIL(each.message);
        boost::asio::io_context context(1);
        postgres::session over(context.get_executor(), to);
        const auto opened = run_coroutine(context, over.open(steady_clock::now() + seconds(5)));
        if (opened.has_error()) FAIL(opened.error().detail);
        auto facts = run_coroutine(context, read_table_facts(over, settings, mappings, steady_clock::now() + seconds(5)));
        if (facts.has_error()) FAIL(facts.error().detail);
        return std::move(*facts);
    }

    postgres::session_settings to;
    conf::settings settings;
    mapping_table mappings;
};

names named(const table_facts& facts, const std::vector<std::uint32_t>& oids) {
    names all;
    for (const auto oid : oids) all.insert(facts.table(oid) != nullptr ? facts.table(oid)->full_name() : "?");
    return all;
}

const char* const tables = R"(
CREATE SCHEMA app;
CREATE TYPE bet_status AS ENUM ('OPEN', 'SETTLED');
CREATE TABLE bets(id bigint PRIMARY KEY, user_id bigint NOT NULL, status bet_status NOT NULL, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
CREATE UNIQUE INDEX bets_identity ON bets (id, status);
ALTER TABLE bets REPLICA IDENTITY USING INDEX bets_identity;
CREATE TABLE app."Events"(id bigint, name text);
CREATE UNLOGGED TABLE scratch(id bigint PRIMARY KEY);
CREATE VIEW open_bets AS SELECT b.*, e.name, now() AS at FROM bets b JOIN app."Events" e USING (id) WHERE status = 'OPEN';
CREATE VIEW some_bets AS SELECT id FROM open_bets WHERE twice > 2;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM bets;
CREATE TABLE days(day date NOT NULL, n int) PARTITION BY RANGE (day);
CREATE TABLE days_old PARTITION OF days FOR VALUES FROM ('2000-01-01') TO ('2020-01-01') PARTITION BY RANGE (day);
CREATE TABLE days_2019 PARTITION OF days_old FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
CREATE FUNCTION reads_secretly() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM bets';
CREATE FUNCTION plain(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE PUBLICATION respgres FOR TABLE bets (id, status) WHERE (id > 0), days;
)";

}  // namespace

TEST_CASE("table_facts: PostgreSQL derives what a query reads, through views", "[postgres]") {
    postgres_server server;
    server.execute(tables);
    reading reads(server);
    reads.add("a:{u:int}:{s}", "SELECT id, id FROM bets WHERE user_id = :u AND status = :s -- both");
    reads.add("b", "SELECT * FROM some_bets");
    reads.add("c", "SELECT n, random() FROM totals, scratch WHERE reads_secretly() = plain(1)");
    reads.add("d:{day:date}", "SELECT 1 FROM days WHERE day = :day AND current_date > day");
    reads.add("e", "SELECT 1");
    reads.add("f:{n:int}", "WITH x AS (SELECT 1 FROM bets WHERE id = ANY(ARRAY[:n::int])) SELECT * FROM x LIMIT :n");

    const auto facts = reads.read();

    REQUIRE(facts.mappings.size() == 6);
    for (const auto& each : facts.mappings) REQUIRE(each.underived == "");
    const auto& bets = facts.mappings[0];
    CHECK(named(facts, bets.derived) == names{"public.bets"});
    CHECK(bets.direct == bets.derived);
    CHECK(bets.unpromised.empty());
    REQUIRE(bets.parameter_types.size() == 2);
    CHECK(bets.parameter_types[0] == 20);
    CHECK(bets.parameter_types[1] == facts.table(bets.derived[0])->column("status")->type);
    CHECK(named(facts, facts.mappings[1].derived) == names{"public.bets", "app.Events"});
    CHECK(named(facts, facts.mappings[1].direct) == names{"public.some_bets"});
    CHECK(named(facts, facts.mappings[1].views) == names{"public.some_bets", "public.open_bets"});
    CHECK(facts.mappings[1].unpromised == std::vector<std::string>{"now"});
    CHECK(named(facts, facts.mappings[2].derived) == names{"public.totals", "public.scratch"});
    CHECK(facts.mappings[2].unpromised == std::vector<std::string>{"random", "reads_secretly"});
    CHECK(facts.mappings[3].unpromised == std::vector<std::string>{"current_date"});
    CHECK(facts.mappings[4].derived.empty());
    CHECK(named(facts, facts.mappings[5].derived) == names{"public.bets"});
    CHECK(server.execute("SELECT 1 FROM pg_class WHERE relname = 'respgres_probe'").empty());
}

TEST_CASE("table_facts: what there is to know of the tables, their parts and columns", "[postgres]") {
    postgres_server server;
    server.execute(tables);
    reading reads(server);
    reads.add("a", "SELECT * FROM bets, days, totals, scratch, app.\"Events\"");

    const auto facts = reads.read();

    const auto find = [&](const std::string& name) {
        for (const auto& each : facts.tables)
            if (each.second.name == name) return each.second;
        FAIL(name);
        return table_fact();
    };
    const auto bets = find("bets");
    CHECK(bets.kind == 'r');
    CHECK(bets.identity == 'i');
    CHECK(bets.has_identity);
    CHECK(bets.published);
    CHECK(bets.row_filter);
    CHECK(bets.column("status")->is_enum);
    CHECK(bets.column("status")->in_identity);
    CHECK(!bets.column("user_id")->in_identity);
    CHECK(bets.column("id")->in_primary_key);
    CHECK(bets.column("twice")->generated);
    CHECK(bets.column("status")->published);
    CHECK(!bets.column("user_id")->published);
    CHECK(find("Events").quoted == "app.\"Events\"");
    CHECK(!find("Events").has_identity);
    CHECK(!find("Events").published);
    CHECK(find("scratch").persistence == 'u');
    CHECK(find("totals").kind == 'm');
    const auto days = find("days");
    CHECK(named(facts, days.parts) == names{"public.days_old", "public.days_2019"});
    REQUIRE(facts.stored(days).size() == 1);
    CHECK(facts.stored(days)[0]->name == "days_2019");
    CHECK(facts.is_covered(days));
    CHECK(!facts.is_covered(find("Events")));
    CHECK(facts.published == std::unordered_set<std::uint32_t>{bets.oid, find("days_2019").oid});
}

TEST_CASE("table_facts: invalidate_on replaces what is derived, what is no table is told", "[postgres]") {
    postgres_server server;
    server.execute(tables);
    reading reads(server);
    reads.add("a", "SELECT 1 FROM bets, days", {"public.bets", "app.\"Events\""});
    reads.add("b", "SELECT 1 FROM bets", {"no_such", "open_bets", "a.b.c.d"});

    const auto facts = reads.read();

    CHECK(named(facts, facts.mappings[0].followed) == names{"public.bets", "app.Events"});
    CHECK(named(facts, facts.mappings[0].derived) == names{"public.bets", "public.days"});
    CHECK(facts.mappings[1].unresolved == std::vector<std::string>{"no_such", "open_bets", "a.b.c.d"});
}

TEST_CASE("table_facts: without the right TEMPORARY nothing is derived, and that is told", "[postgres]") {
    postgres_server server;
    server.execute(tables);
    server.execute("REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC; CREATE ROLE app LOGIN; GRANT SELECT ON bets TO app");
    auto url = server.url();
    url.replace(url.find("postgres@"), 8, "app");
    reading reads(server, url);
    reads.add("a", "SELECT 1 FROM bets");
    reads.add("b", "SELECT 1 FROM bets", {"bets"});
    reads.add("c", "SELECT no_such FROM bets");

    const auto facts = reads.read();

    CHECK(facts.mappings[0].lacks_temp_right);
    CHECK(facts.mappings[0].followed.empty());
    CHECK(facts.mappings[1].lacks_temp_right);
    CHECK(named(facts, facts.mappings[1].followed) == names{"public.bets"});
    CHECK(facts.mappings[2].prepares == false);
    CHECK(facts.mappings[2].underived.find("column \"no_such\" does not exist") != std::string::npos);
}
