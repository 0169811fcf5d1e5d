// The rules, built from PostgreSQL's catalogue, with what its change stream tells.
#include "proxy/invalidations/invalidation_rules.hpp"
#include "proxy/invalidations/read_table_facts.hpp"
#include "tests/integration/change_stream_fixture.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace respgres;
using namespace respgres::tests;
using namespace respgres::proxy;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

using list = std::vector<std::string>;

const char* const tables =
    "CREATE TYPE bet_status AS ENUM ('OPEN', 'SETTLED');"
    "CREATE TABLE bets(id bigint PRIMARY KEY, user_id int NOT NULL, status bet_status NOT NULL, ref uuid, note text);"
    "CREATE UNIQUE INDEX bets_identity ON bets (id, user_id); ALTER TABLE bets REPLICA IDENTITY USING INDEX bets_identity;"
    "CREATE TABLE days(day date PRIMARY KEY, n int) PARTITION BY RANGE (day);"
    "CREATE TABLE days_2020 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "CREATE TABLE other(id int PRIMARY KEY)";

struct followed_server {
    followed_server() : stream(tables) {
        settings.freshness.source.value = conf::freshness_source::replication;
        settings.freshness.publication.value = "p";
        settings.mappings = {mapping_of("user_bets", "user_bets:{u:int}", "SELECT id FROM bets WHERE user_id = :u"),
                             mapping_of("bet", "bet:{id:int}:{s}", "SELECT note FROM bets WHERE id = :id AND status = :s", 10),
                             mapping_of("day", "day:{day:date}", "SELECT n FROM days WHERE day = :day", 20),
                             mapping_of("ref", "ref:{r:uuid}", "SELECT id FROM bets WHERE ref = :r", 30)};
        settings.mappings[3].immutable.value = {"ref"};
        conf::problems found;
        mappings = mapping_table::build(settings, found);
        for (const auto& each : found) FAIL(each.message);
        read();
    }

    void read() {
        boost::asio::io_context context(1);
        postgres::session_settings to;
        to.url = stream.server.url();
        to.read_only = false;
        postgres::session over(context.get_executor(), to);
        const auto opened = run_coroutine(context, over.open(steady_clock::now() + seconds(5)));
        if (opened.has_error()) FAIL(opened.error().detail);
        const auto facts = run_coroutine(context, read_table_facts(over, settings, mappings, steady_clock::now() + seconds(5)));
        if (facts.has_error()) FAIL(facts.error().detail);
        rules = invalidation_rules::build(mappings, *facts);
    }

    // What the transactions since the last call touch: keys, "all NAME" for wide mappings, "old" for old facts.
    list told_by(const std::string& sql) {
        stream.server.execute(sql);
        invalidation out;
        for (const auto& each : stream.transactions()) rules.affected(each, out);
        out.compact();
        list all = out.keys;
        for (const auto index : out.wide) all.push_back("all " + mappings.all()[index]->settings.name);
        if (out.facts_are_old) all.push_back("old");
        std::sort(all.begin(), all.end());
        return all;
    }

    recorded_stream stream;
    conf::settings settings;
    mapping_table mappings;
    invalidation_rules rules;
};

}  // namespace

TEST_CASE("invalidation_rules: keys of the rows that PostgreSQL tells of", "[change_stream]") {
    followed_server at;

    CHECK(at.told_by("INSERT INTO bets VALUES (1, 7, 'OPEN', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'x')") ==
          list{"bet:1:OPEN", "ref:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "user_bets:7"});
    // The old status is outside the identity; ref never changes.
    CHECK(at.told_by("UPDATE bets SET user_id = 8") ==
          list{"all bet", "ref:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "user_bets:7", "user_bets:8"});
    CHECK(at.told_by("DELETE FROM bets") == list{"all bet", "all ref", "user_bets:8"});
    CHECK(at.told_by("INSERT INTO days VALUES ('2020-02-29', 1)") == list{"day:2020-02-29"});
    CHECK(at.told_by("UPDATE days SET day = '2020-03-01'") == list{"day:2020-02-29", "day:2020-03-01"});
    CHECK(at.told_by("INSERT INTO other VALUES (1)") == list{});
    CHECK(at.told_by("TRUNCATE days") == list{"all day"});
}

TEST_CASE("invalidation_rules: a new partition drops everything until the facts are read again", "[change_stream]") {
    followed_server at;
    at.stream.server.execute("CREATE TABLE days_2021 PARTITION OF days FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')");

    CHECK(at.told_by("INSERT INTO days VALUES ('2021-05-05', 1)") == list{"all bet", "all day", "all ref", "all user_bets", "old"});
    at.read();
    CHECK(at.told_by("INSERT INTO days VALUES ('2021-05-06', 1)") == list{"day:2021-05-06"});
}

TEST_CASE("invalidation_rules: a column of another name makes its mappings wide until the facts are read again", "[change_stream]") {
    followed_server at;
    at.told_by("INSERT INTO bets VALUES (1, 7, 'OPEN', NULL, 'x')");

    CHECK(at.told_by("ALTER TABLE bets RENAME COLUMN user_id TO owner; INSERT INTO bets VALUES (2, 7, 'OPEN', NULL, 'x')") ==
          list{"all bet", "all ref", "all user_bets", "old"});
    at.stream.server.execute("ALTER TABLE bets RENAME COLUMN owner TO user_id");
    at.told_by("INSERT INTO bets VALUES (3, 7, 'OPEN', NULL, 'x')");
    at.read();
    CHECK(at.told_by("INSERT INTO bets VALUES (4, 7, 'OPEN', NULL, 'x')") == list{"bet:4:OPEN", "user_bets:7"});
}
