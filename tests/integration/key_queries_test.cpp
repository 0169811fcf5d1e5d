// Many keys in one query, against PostgreSQL: what a key gets is what it gets alone.
#include "proxy/fills/key_queries.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "tests/integration/postgres_pool_fixture.hpp"
#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <variant>

namespace respgres::tests {

namespace {

using proxy::key_query;
using keys = std::vector<std::string>;
using answers = std::vector<std::string>;

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text.append(" [").append(part).append("]");
    return text;
}

// Everything that a value holds, in its order.
struct shown {
    std::string operator()(const proxy::absent_value&) const { return "absent"; }
    std::string operator()(const proxy::string_value& v) const { return "string " + v.bytes; }
    std::string operator()(const proxy::list_value& v) const { return "list" + joined(v.elements); }
    std::string operator()(const proxy::set_value& v) const { return "set" + joined(v.members); }
    std::string operator()(const proxy::hash_value& v) const {
        std::string text = "hash";
        for (const auto& [name, field] : v.fields) text.append(" ").append(name).append("=[").append(field).append("]");
        return text;
    }
    std::string operator()(const proxy::zset_value& v) const {
        std::string text = "zset";
        for (const auto& [member, score] : v.members) text.append(" ").append(member).append("=").append(std::to_string(score));
        return text;
    }
};

std::string show(const backends::outcome<proxy::value>& result) {
    if (result.has_value()) return std::visit(shown{}, result.value());
    return "error " + result.error().code.message() + "; " + result.error().detail;
}

// A query as two mappings: NAME, whose keys are asked for together, and lone_NAME, whose keys are not.
void add(conf::settings& all, const std::string& name, const std::string& captured, conf::shape shape, const std::string& query) {
    for (const bool lone : {false, true}) {
        conf::mapping_settings& made = all.mappings.emplace_back();
        made.name = (lone ? "lone_" : "") + name;
        made.key.value = made.name + ":" + captured;
        made.shape.value = shape;
        made.query.value = query;
        made.ttl.value = 60s;
        made.fill_timeout = 10s;
        made.batch_max.value = lone ? 1 : 64;
    }
}

// Rows of groups 0 to 9, of which 7 is empty; names that are hard to quote, and NULLs.
constexpr const char* make_table =
    "DROP TABLE IF EXISTS goods; DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('good', 'so, so', 'b\"ad');"
    "CREATE TABLE goods (id int8 PRIMARY KEY, grp int4, name text, code varchar(20), letter char(3), feels mood, n int4, score float8, at "
    "timestamptz, tags text[]);"
    "INSERT INTO goods SELECT i, i % 10, CASE WHEN i % 7 = 0 THEN NULL ELSE (ARRAY['plain', 'a,b', 'q\"uote', 'back\\slash', '{}', 'NULL', "
    "' '])[1 + i % 7] || i END,"
    "'c' || i, 'l' || i % 20, (ARRAY['good', 'so, so', 'b\"ad'])[1 + i % 3]::mood, CASE WHEN i % 5 = 0 THEN NULL ELSE i * 3 END, (i * "
    "7919) % 101 / 4.0,"
    "'2026-01-01 00:00:00+00'::timestamptz + i * interval '1 hour', CASE WHEN i % 4 = 0 THEN NULL ELSE ARRAY['x', i::text, NULL] END "
    "FROM generate_series(1, 300) i WHERE i % 10 <> 7; CREATE INDEX ON goods (grp); ANALYZE goods;";

conf::settings all_mappings() {
    conf::settings all;
    using conf::shape;
    add(all, "name", "{id:int}", shape::string, "SELECT name FROM goods WHERE id = :id");
    add(all, "row", "{id:int}", shape::hash, "SELECT * FROM goods WHERE id = :id");
    add(all, "json", "{grp:int}", shape::json,
        "SELECT id, name, n, score, at, tags FROM goods WHERE grp = :grp ORDER BY score DESC, id -- newest");
    add(all, "json_row", "{id:int}", shape::json_row, "SELECT g.id, g.id, g.name AS \"a \"\"b\", tags FROM goods g WHERE g.id = :id;");
    add(all, "list", "{grp:int}", shape::list, "SELECT name FROM goods WHERE grp = :grp ORDER BY score, id DESC");
    add(all, "unordered", "{grp:int}", shape::list, "SELECT id FROM goods WHERE grp = :grp");
    add(all, "set", "{grp:int}", shape::set, "SELECT DISTINCT ON (score) name FROM goods WHERE grp = :grp ORDER BY score, id");
    add(all, "zset", "{grp:int}", shape::zset, "SELECT name AS member, score FROM goods WHERE grp = :grp");
    add(all, "count", "{grp:int}", shape::counter, "SELECT count(*) FILTER (WHERE n > :grp) FROM goods WHERE grp = :grp");
    add(all, "page", "{grp:int}:{size:int}:{from:int}", shape::list,
        "SELECT id FROM goods WHERE grp = :grp ORDER BY score, id LIMIT :size OFFSET :from");
    add(all, "both", "{a:int}:{b:int}", shape::list,
        "(SELECT id, name FROM goods WHERE grp = :a ORDER BY id DESC LIMIT 3) UNION ALL (SELECT id, 'second' FROM goods WHERE grp = :b AND "
        ":a <> 3 ORDER BY id LIMIT 2)");
    add(all, "with", "{grp:int}", shape::list,
        "WITH respgres_keys AS (SELECT id, row_number() OVER (ORDER BY score DESC, id) AS number FROM goods WHERE grp = :grp) "
        "SELECT id * 1000 + number FROM respgres_keys WHERE number <= 4 ORDER BY number");
    add(all, "text", "{name}", shape::json, "SELECT id, grp FROM goods WHERE name = :name ORDER BY id");
    add(all, "code", "{code}", shape::json, "SELECT id, letter FROM goods WHERE code = :code");
    add(all, "letter", "{letter}", shape::json, "SELECT id, letter FROM goods WHERE letter = :letter ORDER BY id");
    add(all, "mood", "{mood}:{grp:int}", shape::list, "SELECT id FROM goods WHERE feels = :mood AND grp = :grp ORDER BY id");
    add(all, "values", "{n:int}", shape::list, "VALUES (:n::int8), (:n::int8 + 1)");
    add(all, "wide", "{n:int}", shape::list, "SELECT i FROM generate_series(1, :n::int8) AS i");
    add(all, "divided", "{n:int}", shape::string, "SELECT 100 / :n::int8");
    add(all, "narrow", "{n:int}", shape::string, "SELECT name FROM goods WHERE id = :n::int4");
    add(all, "outer", "{n:int}", shape::string, "SELECT max(:n::int8) FROM goods");
    add(all, "array", "{ids}", shape::list, "SELECT id FROM goods WHERE id = ANY (:ids::int8[]) ORDER BY id");
    add(all, "slow", "{n:int}", shape::string, "SELECT CASE WHEN :n::int8 = 3 THEN pg_sleep(60)::text ELSE 'quick' END");
    for (auto& mapping : all.mappings) {
        if (mapping.name.ends_with("wide")) mapping.max_rows = 5;
        if (mapping.name.ends_with("slow")) mapping.fill_timeout = 2s;
    }
    return all;
}

class world {
public:
    explicit world(std::uint32_t connections = 2)
        : settings_(all_mappings()), pool(settings_for(postgres_server::shared().url(), connections)) {
        postgres_server::shared().execute(make_table);
        conf::problems found;
        table = proxy::mapping_table::build(settings_, found);
        for (const auto& problem : found) FAIL_CHECK(problem.message);
        stats = std::vector<proxy::mapping_stats>(table.all().size());
        queries.emplace(pool.context().get_executor(), *pool, stats);
    }

    const proxy::mapping& mapping_of(const std::string& key) {
        proxy::captures scratch;
        const auto* found = table.find(key, scratch);
        if (found == nullptr || scratch.invalid != nullptr) throw std::logic_error("no mapping has the key " + key);
        return *found;
    }
    proxy::mapping_stats& stats_of(const std::string& key) { return stats[mapping_of(key).index]; }

    // All at the same moment.
    answers ask(const keys& all) {
        answers got(all.size());
        std::size_t open = all.size();
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto ended = [&open](std::exception_ptr thrown) {
                if (thrown) std::rethrow_exception(thrown);
                --open;
            };
            asio::co_spawn(pool.context(), ask_one(all[i], got[i]), std::move(ended));
        }
        auto all_told = [&open] { return open == 0; };
        pool.await(pool.until(all_told));
        return got;
    }

    // Until keys like this one are asked for together.
    void learn(const std::string& prefix, const std::string& rest = "") {
        eventually("such keys are asked for together", [&] {
            ask({prefix + "1" + rest, prefix + "2" + rest, prefix + "4" + rest, prefix + "5" + rest});
            return stats_of(prefix + "1" + rest).batches.get() > 0;
        });
    }

private:
    awaitable<void> ask_one(std::string key, std::string& into) {
        proxy::captures found;
        const auto* source = table.find(key, found);
        std::vector<std::string> bound;
        for (const std::size_t index : source->parameters) bound.emplace_back(found.values[index]);
        key_query query(*source, bound);
        co_await queries->run(query);
        into = show(query.result);
        if (query.queried < query.asked) into += ", sent before it was asked for";
    }

    conf::settings settings_;

public:
    pool_fixture pool;
    proxy::mapping_table table;
    std::vector<proxy::mapping_stats> stats;
    std::optional<proxy::key_queries> queries;
};

// What each key gives alone, and what all give together: of so many at once.
void compare(world& w, const std::string& name, const std::string& shape_of_key, const keys& rests) {
    INFO(name);
    w.learn(name + ":", shape_of_key);
    const auto before = w.stats_of(name + ":1" + shape_of_key).batches.get();
    keys together, alone;
    for (const std::string& rest : rests) {
        together.push_back(name + ":" + rest);
        alone.push_back("lone_" + name + ":" + rest);
    }
    const answers expected = w.ask(alone);
    const answers got = w.ask(together);
    for (std::size_t i = 0; i < rests.size(); ++i) {
        INFO(rests[i]);
        CHECK(got[i] == expected[i]);
    }
    CHECK(w.stats_of(name + ":1" + shape_of_key).batches.get() > before);
    CHECK(w.stats_of(name + ":1" + shape_of_key).split_batches.get() == 0);
    CHECK(w.stats_of(alone.front()).batches.get() == 0);
}

keys numbers(int from, int to) {
    keys all;
    for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
    return all;
}

}  // namespace

TEST_CASE("key_queries: keys that are asked for together get what each gets alone, whatever the shape", "[integration]") {
    world w;
    compare(w, "name", "", numbers(-3, 120));
    compare(w, "row", "", numbers(1, 70));
    compare(w, "json_row", "", numbers(1, 70));
    for (const char* name : {"json", "list", "unordered", "set", "zset", "count", "with"}) compare(w, name, "", numbers(-1, 12));
    compare(w, "values", "", numbers(-10, 10));
}

TEST_CASE("key_queries: queries with several captures, limits and unions give each key its own rows in their order", "[integration]") {
    world w;
    keys pages, pairs;
    std::minstd_rand random(5);
    for (int i = 0; i < 150; ++i) {
        const auto digit = [&random](unsigned below) { return std::to_string(random() % below); };
        pages.push_back(digit(10) + ":" + digit(8) + ":" + digit(40));
        pairs.push_back(digit(10) + ":" + digit(10));
    }
    compare(w, "page", ":3:0", pages);
    compare(w, "both", ":3", pairs);
}

TEST_CASE("key_queries: text, enums and characters are bound as they are alone, whatever is in them", "[integration]") {
    world w;
    const answers lone = w.ask({"lone_text:a,b1", "lone_text:NULL5"});
    CHECK(lone.front() == "string [{\"id\":1,\"grp\":1}]");
    CHECK(lone.back() == "string [{\"id\":5,\"grp\":5}]");
    compare(
        w, "text", "",
        {"a,b1", "a,b8", "q\"uote2", "back\\slash3", "{}4", "NULL5", " 6", "NULL", "{", "}", "\"", "\\", "''", "plain", "\t", "\xc3\xa9"});
    compare(w, "code", "", {"c1", "c2", "c300", "c301", "x", "a name that is longer than the column"});
    compare(w, "letter", "", {"l1", "l2", "l12", "l1 ", "l", "l123"});
    keys moods;
    for (const char* mood : {"good", "so, so", "b\"ad"})
        for (int i = 0; i < 10; ++i) moods.push_back(std::string(mood) + ":" + std::to_string(i));
    for (int tries = 0; w.stats_of("mood:good:1").batches.get() == 0 && tries < 100; ++tries)
        w.ask({"mood:good:1", "mood:so, so:2", "mood:good:3", "mood:good:4"});
    keys together, alone;
    for (const std::string& each : moods) {
        together.push_back("mood:" + each);
        alone.push_back("lone_mood:" + each);
    }
    CHECK(w.ask(together) == w.ask(alone));
    CHECK(w.stats_of("mood:good:1").split_batches.get() == 0);
}

TEST_CASE("key_queries: a lone key has a query of its own, at once", "[integration]") {
    world w;
    for (int i = 1; i <= 20; ++i) CHECK(w.ask({"name:" + std::to_string(i)}) == w.ask({"lone_name:" + std::to_string(i)}));
    CHECK(w.stats_of("name:1").batches.get() == 0);
    CHECK(w.stats_of("name:1").fills.get() == 20);
}

TEST_CASE("key_queries: a thousand keys at once are few queries", "[integration]") {
    world w;
    w.learn("name:");
    const auto before = w.pool->stats().queries.get();
    const auto batched = w.stats_of("name:1").batched_keys.get();
    keys all;
    for (int i = 1; i <= 1000; ++i) all.push_back("name:" + std::to_string(i));

    const answers got = w.ask(all);

    CHECK(got[0] == "string a,b1");
    CHECK(got[6] == "absent");     // of group 7
    CHECK(got[999] == "absent");
    CHECK(w.pool->stats().queries.get() - before < 100);
    CHECK(w.stats_of("name:1").batched_keys.get() - batched > 900);
}

TEST_CASE("key_queries: a key that PostgreSQL cannot answer fails alone, and its neighbours are answered", "[integration]") {
    world w;
    w.learn("divided:");
    const answers got = w.ask({"divided:1", "divided:0", "divided:5", "divided:0", "divided:7"});
    CHECK(got[0] == "string 100");
    CHECK(got[1].find("division by zero") != std::string::npos);
    CHECK(got[2] == "string 20");
    CHECK(got[3].find("division by zero") != std::string::npos);
    CHECK(got[4] == "string 14");
    CHECK(w.stats_of("divided:1").split_batches.get() == 1);

    w.learn("narrow:");
    const answers narrow = w.ask({"narrow:1", "narrow:9223372036854775807", "narrow:2"});
    CHECK(narrow[0] == "string a,b1");
    CHECK(narrow[1].find("out of range") != std::string::npos);
    CHECK(narrow[2].starts_with("string q\"uote"));
}

TEST_CASE("key_queries: bad keys do not end the batches of a mapping", "[integration]") {
    world w;
    w.learn("divided:");
    for (int i = 0; i < 10; ++i) w.ask({"divided:1", "divided:0", "divided:5"});
    const auto before = w.stats_of("divided:1").batches.get();
    w.ask({"divided:1", "divided:2", "divided:5"});
    CHECK(w.stats_of("divided:1").batches.get() > before);
}

TEST_CASE("key_queries: the limit on rows is each key's own", "[integration]") {
    world w;
    w.learn("wide:");
    const answers got = w.ask({"wide:3", "wide:5", "wide:6", "wide:0", "wide:5", "wide:200000", "wide:1"});
    CHECK(got[0] == "list [1] [2] [3]");
    CHECK(got[1] == "list [1] [2] [3] [4] [5]");
    CHECK(got[2].find("more than max_rows = 5 rows") != std::string::npos);
    CHECK(got[3] == "absent");
    CHECK(got[4] == got[1]);
    CHECK(got[5].find("more than max_rows = 5 rows") != std::string::npos);
    CHECK(got[6] == "list [1]");
}

TEST_CASE("key_queries: a slow key is timed out alone, its neighbours are answered", "[integration]") {
    world w(4);
    w.learn("slow:");
    const answers got = w.ask({"slow:1", "slow:2", "slow:3", "slow:4", "slow:5", "slow:6"});
    for (const std::size_t i : {0u, 1u, 3u, 4u, 5u}) CHECK(got[i] == "string quick");
    CHECK(got[2].starts_with("error"));
    CHECK(w.stats_of("slow:1").split_batches.get() == 1);
}

TEST_CASE("key_queries: a query that PostgreSQL does not take for several keys is run for each", "[integration]") {
    world w;
    for (int i = 0; i < 5; ++i) {
        CHECK(w.ask({"outer:1", "outer:2", "outer:-3"}) == answers{"string 1", "string 2", "string -3"});
        CHECK(w.ask({"array:{1,2}", "array:{5,3}", "array:{}"}) == answers{"list [1] [2]", "list [3] [5]", "absent"});
    }
    CHECK(w.stats_of("outer:1").batches.get() == 0);
    CHECK(w.stats_of("array:{1}").batches.get() == 0);
    CHECK(w.stats_of("outer:1").fills.get() == 15);
}

TEST_CASE("key_queries: batches go on after the connections broke", "[integration]") {
    world w;
    w.learn("name:");
    postgres_server::shared().execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'respgres' AND pid <> pg_backend_pid()");
    CHECK(w.ask({"name:1", "name:2", "name:3", "name:4"}) == w.ask({"lone_name:1", "lone_name:2", "lone_name:3", "lone_name:4"}));
}

}  // namespace respgres::tests
