#include "conf/reader.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace respgres::conf::test;
using namespace std::chrono_literals;

namespace {

const std::string postgres = "[postgres]\nurl = \"host=a\"\n";

// A whole configuration with one mapping; its sixth line is `line`.
std::string with_line(const std::string& line) {
    return postgres + "[mapping.m]\nkey = \"k\"\nquery = \"SELECT 1\"\n" + line + "\n" +
           (line.starts_with("ttl =") ? "" : "ttl = \"5s\"\n");
}

lines problems_with(const std::string& line) {
    return problems_of(with_line(line));
}

}  // namespace

TEST_CASE("mapping: every option reaches its member, with its place", "[conf]") {
    const auto outcome = read_text(postgres + R"([mapping.session]
key = "session:{id}"
query = "SELECT a"
store = "INSERT"
shape = "hash"
primary = "redis"
ttl = "1h"
negative_ttl = "0"
ttl_jitter = 0
fill_timeout = "3s"
max_rows = 5
max_bytes = "1MiB"
bad_capture = "error"
invalidate_on = ["sessions", "users"]
[mapping.a]
key = "a"
query = """
SELECT 1
"""
ttl = "365d"
stale_while_revalidate = "1m"
refresh_ahead = 1.5
batch_max = 7
batch_window = "3ms"
)",
                                   "t");

    CHECK(to_lines(outcome.found) == lines{});
    REQUIRE(outcome.value.mappings.size() == 2);
    const auto& session = outcome.value.mappings[0];
    CHECK(session.name == "session");
    CHECK(session.where.line == 3);
    CHECK(session.where.file == "t");
    CHECK(session.key.value == "session:{id}");
    CHECK(session.key.where.line == 4);
    CHECK(session.key.where.column == 7);
    CHECK(session.query.value == "SELECT a");
    CHECK(session.store.value == "INSERT");
    CHECK(session.shape.value == shape::hash);
    CHECK(session.primary.value == primary_source::redis);
    CHECK(session.ttl.value == 1h);
    CHECK(session.negative_ttl == 0ms);
    CHECK(session.ttl_jitter == 0);
    CHECK(session.fill_timeout == 3s);
    CHECK(session.max_rows == 5);
    CHECK(session.max_bytes == 1024 * 1024);
    CHECK(session.bad_capture == bad_capture::error);
    CHECK(session.invalidate_on.value == std::vector<std::string>{"sessions", "users"});
    CHECK(session.invalidate_on.where.line == 16);
    CHECK(session.batch_max.value == 0);
    CHECK(session.batch_window == 0ms);
    const auto& second = outcome.value.mappings[1];
    CHECK(second.batch_max.value == 7);
    CHECK(second.batch_max.where.line == 25);
    CHECK(second.batch_window == 3ms);
    CHECK(second.name == "a");                      // after "session", as in the file
    CHECK(second.query.value == "SELECT 1\n");
    CHECK(second.ttl.value == 365 * 24h);
    CHECK(second.stale_while_revalidate == 1min);
    CHECK(second.refresh_ahead == 1.5);
    CHECK(second.shape.value == shape::string);
    CHECK(second.primary.value == primary_source::postgres);
    CHECK(second.negative_ttl == mapping_settings{}.negative_ttl);
    CHECK(second.invalidate_on.value.empty());
}

TEST_CASE("mapping: key, query and ttl must be there", "[conf]") {
    CHECK(problems_of(postgres + "[mapping.m]\n") ==
          lines{"t:3:1: [mapping.m] needs 'key': the pattern of its keys, with captures: `bets:{user_id:int}`",
                "t:3:1: [mapping.m] needs 'query': the SELECT that fills a key; `:name` is the capture of that name",
                "t:3:1: [mapping.m] needs 'ttl': how long a filled key lives"});
    CHECK(problems_with("key = \"\"").size() == 1);   // a second key: TOML's own error
    CHECK(problems_of(postgres + "[mapping.m]\nkey = \"\"\nquery = \"\"\nttl = \"1s\"\n") ==
          lines{"t:4:7: key: must not be empty", "t:5:9: query: must not be empty"});
}

TEST_CASE("mapping: its TTL is from 1 ms to 365 days and has a unit", "[conf]") {
    CHECK(problems_with("ttl = \"1ms\"") == lines{});
    CHECK(problems_with("ttl = \"0\"") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = 0") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = \"0s\"") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = \"-5s\"") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = \"366d\"") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = \"31536000001ms\"") == lines{"t:6:7: ttl: must be from 1ms to 365d"});
    CHECK(problems_with("ttl = 5") == lines{"t:6:7: ttl: '5' needs a unit: ms, s, m, h or d"});
    CHECK(problems_with("ttl = -5") == lines{"t:6:7: ttl: '-5' needs a unit: ms, s, m, h or d"});
    CHECK(problems_with("ttl = 5.0") == lines{"t:6:7: ttl: must be a duration (a string such as \"5s\"), not a fraction"});
}

TEST_CASE("mapping: fractions have their bounds, and what is no number is outside", "[conf]") {
    CHECK(problems_with("refresh_ahead = 10") == lines{});
    CHECK(problems_with("refresh_ahead = 10.5") == lines{"t:6:17: refresh_ahead: must be from 0 to 10"});
    CHECK(problems_with("refresh_ahead = nan") == lines{"t:6:17: refresh_ahead: must be from 0 to 10"});
    CHECK(problems_with("refresh_ahead = inf") == lines{"t:6:17: refresh_ahead: must be from 0 to 10"});
    CHECK(problems_with("refresh_ahead = \"1\"") == lines{"t:6:17: refresh_ahead: must be a number, not a string"});
    CHECK(problems_with("ttl_jitter = 0.9") == lines{});
    CHECK(problems_with("ttl_jitter = 0.91") == lines{"t:6:14: ttl_jitter: must be from 0 to 0.9"});
    CHECK(problems_with("ttl_jitter = -0.1") == lines{"t:6:14: ttl_jitter: must be from 0 to 0.9"});
}

TEST_CASE("mapping: words are told from a list, with those that come later", "[conf]") {
    CHECK(problems_with("shape = \"stream\"") == lines{"t:6:9: shape: 'stream' is not supported yet"});
    CHECK(problems_with("shape = \"jsn\"") ==
          lines{"t:6:9: shape: 'jsn' is none of string, json, json_row, hash, list, set, zset or counter; did you mean 'json'?"});
    CHECK(problems_with("primary = \"clickhouse\"") == lines{"t:6:11: primary: 'clickhouse' is none of postgres or redis"});
    CHECK(problems_with("bad_capture = true") == lines{"t:6:15: bad_capture: must be a string (nil or error), not a boolean"});
    CHECK(problems_with("invalidate_on = [\"a\", 1, \"\"]") ==
          lines{"t:6:23: invalidate_on: must be a string, not an integer", "t:6:26: invalidate_on: must not be empty"});
    CHECK(problems_with("invalidate_on = \"bets\"") == lines{});
    CHECK(problems_with("tll = \"5s\"") == lines{"t:6:1: unknown key 'tll' in [mapping.m]; did you mean 'ttl'?"});
}

TEST_CASE("mapping: refreshing from PostgreSQL makes no sense where Redis holds the truth", "[conf]") {
    const std::string reason =
        " makes no sense with primary = \"redis\": Redis holds the truth, and a refresh from PostgreSQL would overwrite "
        "what clients wrote; leave it out";
    CHECK(problems_with("stale_while_revalidate = \"1s\"\nprimary = \"redis\"") == lines{"t:6:26: stale_while_revalidate" + reason});
    CHECK(problems_with("refresh_ahead = 1.0\nprimary = \"redis\"") == lines{"t:6:17: refresh_ahead" + reason});
    CHECK(problems_with("refresh_ahead = 0\nstale_while_revalidate = \"0\"\nprimary = \"redis\"") == lines{});
}

TEST_CASE("mapping: coalesce_ms is for mappings that follow changes, up to a minute", "[conf]") {
    const auto followed = [](const std::string& line) { return problems_of(with_line(line) + "[freshness]\nsource = \"replication\"\n"); };
    const auto needs = [](const std::string& what) {
        return lines{"t:6:15: coalesce_ms: it needs " + what + ", since only changes that are followed drop keys; leave it out"};
    };
    CHECK(followed("coalesce_ms = 300") == lines{});
    CHECK(followed("coalesce_ms = 60000") == lines{});
    CHECK(followed("coalesce_ms = 60001") == lines{"t:6:15: coalesce_ms: must be from 0 to 60000"});
    CHECK(problems_with("coalesce_ms = 0\nfollow_changes = false") == lines{});
    CHECK(problems_with("coalesce_ms = 300") == needs("[freshness] source = \"replication\""));
    CHECK(followed("coalesce_ms = 300\nfollow_changes = false") == needs("follow_changes = true"));
    CHECK(followed("coalesce_ms = 300\nprimary = \"redis\"") == needs("primary = \"postgres\""));
}

TEST_CASE("mapping: names are short and plain", "[conf]") {
    const auto named = [](const std::string& name) {
        return problems_of(postgres + "[mapping." + name + "]\nkey = \"k\"\nquery = \"q\"\nttl = \"1s\"\n");
    };
    const std::string rule = "a name has 1 to 64 letters of a-z, 0-9 and _";
    CHECK(named("a_1") == lines{});
    CHECK(named(std::string(64, 'a')) == lines{});
    CHECK(named(std::string(65, 'a')) == lines{"t:3:1: [mapping." + std::string(64, 'a') + "...]: " + rule});
    CHECK(named("Bets") == lines{"t:3:1: [mapping.Bets]: " + rule});
    CHECK(named("\"a b\"") == lines{"t:3:1: [mapping.a b]: " + rule});
    CHECK(named("\"\"") == lines{"t:3:1: [mapping.]: " + rule});
}

TEST_CASE("mapping: what is no table of its own is refused with the header to write", "[conf]") {
    CHECK(problems_of("[mapping]\nkey = \"k\"\n") ==
          lines{"t:2:1: 'key' in [mapping] must be a mapping's table with the header [mapping.key], not a string"});
    CHECK(problems_of("[[mapping]]\nkey = \"k\"\n") ==
          lines{"t:1:3: 'mapping' must be a section with the header [mapping.NAME], not an array"});
    CHECK(problems_of("[[mapping.m]]\n") ==
          lines{"t:1:11: 'm' in [mapping] must be a mapping's table with the header [mapping.m], not an array"});
}

TEST_CASE("mapping: needs PostgreSQL, which no configuration without mappings does", "[conf]") {
    const std::string mapping = "[mapping.m]\nkey = \"k\"\nquery = \"q\"\nttl = \"1s\"\n";
    CHECK(problems_of(mapping) == lines{"t: [postgres] needs 'url': the mappings are filled from there"});
    CHECK(problems_of(mapping + "[postgres]\npool = 1\n") == lines{"t:5:1: [postgres] needs 'url': the mappings are filled from there"});
    CHECK(problems_of("[postgres]\npool = 1\n") == lines{});
    CHECK(problems_of("[mapping]\n") == lines{});
    CHECK(problems_of("[postgres]\nurl = \"mysql://u:hunter2@h\"\n") ==
          lines{"t:2:7: url: must be postgresql://user@host:port/database or keywords such as \"host=... dbname=...\""});
}
