#include "proxy/mappings/batch_query.hpp"

#include "proxy/mappings/mapping_table.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;

namespace {

std::size_t limit_of(const std::string& key, const std::string& query, std::uint32_t batch_max = 0) {
    respgres::conf::settings all;
    all.mappings.push_back(respgres::tests::mapping_of("m", key, query));
    all.mappings.back().batch_max.value = batch_max;
    respgres::conf::problems found;
    const auto table = mapping_table::build(all, found);
    REQUIRE(found.empty());
    return batch_limit(*table.all().front());
}

}  // namespace

TEST_CASE("batch_query: the lone query is run for each key, whose captures stand in place of its parameters", "[mappings]") {
    CHECK(batch_sql("SELECT name FROM items WHERE id = $1", 1) ==
          "SELECT respgres_keys.number, respgres_keys_rows.* FROM ROWS FROM (pg_catalog.unnest($1)) WITH ORDINALITY AS "
          "respgres_keys(p1, number), LATERAL (SELECT * FROM (SELECT name FROM items WHERE id = (respgres_keys.p1)\n) AS "
          "respgres_keys_query OFFSET 0) AS respgres_keys_rows");
    CHECK(batch_sql("SELECT $2, $1", 2) ==
          "SELECT respgres_keys.number, respgres_keys_rows.* FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY "
          "AS respgres_keys(p1, p2, number), LATERAL (SELECT * FROM (SELECT (respgres_keys.p2), (respgres_keys.p1)\n) AS "
          "respgres_keys_query OFFSET 0) AS respgres_keys_rows");
}

TEST_CASE("batch_query: only parameters are replaced, not what looks like one", "[mappings]") {
    const std::string sql = batch_sql("SELECT '$1', \"$1\", $$ $1 $$, a$1 /* $1 */ FROM t WHERE b=$1and c=$1::int -- $1", 1);
    CHECK(sql.find("SELECT '$1', \"$1\", $$ $1 $$, a$1 /* $1 */ FROM t WHERE b=(respgres_keys.p1)and c=(respgres_keys.p1)::int -- $1\n)") !=
          std::string::npos);
}

TEST_CASE("batch_query: nothing in the query can hide the keys", "[mappings]") {
    const std::string sql = batch_sql("SELECT x FROM respgres_keys WHERE respgres_keys_.p1 = $1", 1);
    CHECK(sql.find("= (respgres_keys__.p1)") != std::string::npos);
}

TEST_CASE("batch_query: arrays hold every text as it is", "[mappings]") {
    const std::vector<std::string_view> odd{"1", "", "NULL", "a,b", "{}", "\"", "\\", "it's"};
    CHECK(array_literal(odd) == R"({"1","","NULL","a,b","{}","\"","\\","it's"})");
    CHECK(array_literal({}) == "{}");
}

TEST_CASE("batch_query: queries whose rows the captures find are batched by themselves, others if batch_max says so", "[mappings]") {
    const std::string by_id = "SELECT name FROM items WHERE id = :id";
    CHECK(limit_of("i:{id:int}", by_id) == 64);
    CHECK(limit_of("i:{id:int}", by_id, 1) == 1);
    CHECK(limit_of("i:{id:int}", by_id, 500) == 500);
    CHECK(limit_of("i:{id:int}:{n:int}", "SELECT name FROM items WHERE id = :id AND n = :n ORDER BY at LIMIT 5") == 64);
    CHECK(limit_of("i:{n:int}", "SELECT name FROM items WHERE n > :n") == 1);
    CHECK(limit_of("i:{n:int}", "SELECT name FROM items ORDER BY at LIMIT :n") == 1);
    CHECK(limit_of("i:{id:int}:{n:int}", "SELECT name FROM items WHERE id = :id LIMIT :n") == 1);
    CHECK(limit_of("i:{id:int}:{n:int}", "SELECT name FROM items WHERE id = :id LIMIT :n", 10) == 10);
    CHECK(limit_of("i", "SELECT count(*) FROM items", 10) == 1);
}
