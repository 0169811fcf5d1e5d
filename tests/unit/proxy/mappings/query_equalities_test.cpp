#include "proxy/mappings/query_equalities.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace respgres::proxy;

namespace {

// "user_id=1 status=2", or why not.
std::string read(std::string_view sql) {
    const auto found = equalities_of(sql);
    std::string text = found.why_not;
    for (const auto& each : found.all) text += (text.empty() ? "" : " ") + each.column + "=" + std::to_string(each.parameter + 1);
    return text;
}

}  // namespace

TEST_CASE("query_equalities: the conditions of a plain query on one table", "[invalidations]") {
    CHECK(read("SELECT * FROM bets WHERE user_id = $1") == "user_id=1");
    CHECK(read("select count(*) from only public.bets as b where b.user_id=$2 and $1 = b.\"Status\" order by id limit 3") ==
          "user_id=2 Status=1");
    CHECK(read("SELECT a FROM bets b WHERE USER_ID = $1::bigint AND \"a\"\"b\" = $2 AND amount > 3 GROUP BY a") == "user_id=1 a\"b=2");
    CHECK(read("SELECT count(*) FILTER (WHERE a = $2 OR b) AS from FROM bets WHERE id = $1 -- OR 1 = 1") == "id=1");
    CHECK(read("SELECT extract(year FROM placed_at), x[1:2] FROM bets WHERE x BETWEEN 1 AND 2 AND id = $1") == "id=1");
    CHECK(read("SELECT 1 FROM bets") == "");
    CHECK(read("SELECT 1 FROM bets ORDER BY id") == "");
}

TEST_CASE("query_equalities: what only looks like an equality is none", "[invalidations]") {
    for (const std::string condition : {"a >= $1",
                                        "a <> $1",
                                        "a != $1",
                                        "NOT a = $1",
                                        "a = $1 IS NULL",
                                        "a = -$1",
                                        "a = $1 + 1",
                                        "a + 1 = $1",
                                        "lower(a) = $1",
                                        "a = lower($1)",
                                        "a = ANY($1)",
                                        "(a = $1 OR b)",
                                        "a IS NOT DISTINCT FROM $1",
                                        "c BETWEEN 1 AND a = $1",
                                        "a = $1::char",
                                        "a = $1::varchar(2)",
                                        "a = $1 COLLATE \"x\"",
                                        "user = $1",
                                        "current_date = $1",
                                        "a = b",
                                        "$1 = $2",
                                        "'a' = $1",
                                        "a.b.c = $1",
                                        "'x = $1'",
                                        "a OPERATOR(pg_catalog.=) $1",
                                        "a =",
                                        "= $1"}) {
        INFO(condition);
        const auto found = read("SELECT 1 FROM bets WHERE " + condition + " AND id = $9");
        CHECK((found == "id=9" || found == "has FROM twice"));
    }
    CHECK(read("SELECT 1 FROM bets b WHERE b.user = $1") == "user=1");
}

TEST_CASE("query_equalities: of any other form nothing is known", "[invalidations]") {
    CHECK(read("SELECT 1 FROM bets WHERE a = $1 OR b = 2") == "has OR in its WHERE");
    CHECK(read("SELECT 1 FROM bets WHERE CASE WHEN b AND a = $1 AND c THEN true END") == "has CASE in its WHERE");
    CHECK(read("SELECT 1 FROM bets b WHERE b.limit = 1 AND a = $1 OR b") == "has OR in its WHERE");
    CHECK(read("SELECT 1 FROM bets, events WHERE a = $1") == "joins tables");
    CHECK(read("SELECT 1 FROM bets b, events WHERE a = $1") == "joins tables");
    CHECK(read("SELECT 1 FROM bets NATURAL JOIN events WHERE a = $1") == "joins tables");
    CHECK(read("SELECT 1 FROM bets WHERE a = $1 AND EXISTS (SELECT 1 FROM bets)") == "has a subquery");
    CHECK(read("SELECT 1 FROM bets WHERE a = $1 AND b IN (TABLE events)") == "has a subquery");
    CHECK(read("SELECT 1 FROM (SELECT 1) x WHERE a = $1") == "has a subquery");
    CHECK(read("SELECT 1 FROM bets WHERE a = $1 UNION ALL SELECT 2") == "joins several SELECTs");
    CHECK(read("WITH x AS (SELECT 1) SELECT 1 FROM x WHERE a = $1") == "does not begin with SELECT");
    CHECK(read("(SELECT 1 FROM bets WHERE a = $1)") == "does not begin with SELECT");
    CHECK(read("SELECT 1 FROM generate_series(1, 2) x WHERE a = $1") == "reads something other than a table");
    CHECK(read("SELECT 1 FROM bets b(x, y) WHERE x = $1") == "reads something other than a table");
    CHECK(read("SELECT 1 FROM bets TABLESAMPLE system (1) WHERE x = $1") == "reads something other than a table");
    CHECK(read("SELECT $1") == "has no FROM");
    CHECK(read("SELECT 'open") == "is not understood");
    CHECK(read("") == "does not begin with SELECT");
}
