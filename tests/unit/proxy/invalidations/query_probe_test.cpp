#include "proxy/invalidations/query_probe.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;
using names = std::vector<std::string>;

TEST_CASE("query_probe: each parameter becomes a NULL of its type", "[invalidations]") {
    CHECK(probe_view("SELECT $1, '$2', $2::text LIMIT $1 -- all", {"bigint", "app.\"Kind\""}) ==
          "SELECT 1 AS one FROM (SELECT (NULL::bigint), '$2', (NULL::app.\"Kind\")::text LIMIT (NULL::bigint) -- all\n) AS query");
    CHECK(probe_view("SELECT $$ $1 $$", {}) == "SELECT 1 AS one FROM (SELECT $$ $1 $$\n) AS query");
}

TEST_CASE("query_probe: names that are called, and keywords that tell the time", "[invalidations]") {
    CHECK(called_names("SELECT Now (), pg_catalog.random(), a, 'rand()' FROM t -- f()\nWHERE b > CURRENT_DATE AND now() > x") ==
          names{"current_date", "now", "random"});
    CHECK(tells_time("now"));
    CHECK(tells_time("current_date"));
    CHECK(!tells_time("count"));
}
