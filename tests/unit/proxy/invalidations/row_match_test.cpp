#include "proxy/invalidations/row_match.hpp"
#include "tests/unit/proxy/invalidations/facts.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::tests;
using namespace respgres::proxy;

namespace {

row_match match(const followed_mapping& of) {
    return match_rows(*of.mappings.all()[0], of.facts.mappings[0], of.facts);
}

// The type that PostgreSQL gives the parameter is the column's, unless said otherwise.
row_match match_column(const std::string& column, const std::string& capture, std::uint32_t type) {
    return match({"k:{" + capture + "}", "SELECT 1 FROM bets WHERE " + column + " = :x", {type}});
}

}  // namespace

TEST_CASE("row_match: one column for each capture, in the order of the pattern", "[invalidations]") {
    const auto found =
        match({"k:{s}:{u:int}", "SELECT 1 FROM bets WHERE user_id = :u AND status = :s", {int4_type, enum_type}, {"status"}});

    REQUIRE(found.exact);
    REQUIRE(found.columns.size() == 2);
    CHECK(found.columns[0].name == "status");
    CHECK(found.columns[0].immutable);
    CHECK(found.columns[1].name == "user_id");
    CHECK(!found.columns[1].immutable);
    CHECK(found.columns[1].type == int4_type);
}

TEST_CASE("row_match: only types whose equality is that of their texts", "[invalidations]") {
    CHECK(match_column("id", "x:int", int8_type).exact);
    CHECK(match_column("user_id", "x:int", int8_type).exact);
    CHECK(match_column("ref", "x:uuid", uuid_type).exact);
    CHECK(match_column("day", "x:date", date_type).exact);
    CHECK(match_column("note", "x", text_type).exact);
    CHECK(match_column("status", "x", enum_type).exact);

    CHECK(!match_column("id", "x", int8_type).exact);          // "007"
    CHECK(!match_column("ref", "x", uuid_type).exact);         // "{A0EE...}"
    CHECK(!match_column("day", "x", date_type).exact);         // "Jan 8, 1999"
    CHECK(!match_column("code", "x", bpchar_type).exact);      // 'a ' = 'a'
    CHECK(!match_column("amount", "x:int", numeric_type).exact);   // 1.00 = 1
    CHECK(!match_column("id", "x:int", numeric_type).exact);
    CHECK(!match_column("note", "x", bpchar_type).exact);
    CHECK(!match_column("ctid", "x", text_type).exact);
    CHECK(match_column("code", "x", bpchar_type).why_wide.find("code") != std::string::npos);

    followed_mapping loose("k:{x}", "SELECT 1 FROM bets WHERE note = :x", {text_type});
    loose.facts.tables[bets_table].columns[3].deterministic = false;
    CHECK(!match(loose).exact);
    followed_mapping unpublished("k:{x:int}", "SELECT 1 FROM bets WHERE id = :x", {int8_type});
    unpublished.facts.tables[bets_table].columns[0].published = false;
    CHECK(!match(unpublished).exact);
    followed_mapping generated("k:{x:int}", "SELECT 1 FROM bets WHERE id = :x", {int8_type});
    generated.facts.tables[bets_table].columns[0].generated = true;
    CHECK(!match(generated).exact);
}

TEST_CASE("row_match: a capture without a condition of its own makes it wide", "[invalidations]") {
    const auto found = match({"k:{u:int}:{n:int}", "SELECT 1 FROM bets WHERE user_id = :u LIMIT :n", {int4_type, int8_type}});

    CHECK(!found.exact);
    CHECK(found.why_wide == "its query has no condition column = :n at the top of its WHERE");
}

TEST_CASE("row_match: several tables, a view, or a list of its own make it wide, no captures make one key", "[invalidations]") {
    const followed_mapping plain("k:{x:int}", "SELECT 1 FROM bets WHERE id = :x", {int8_type});
    auto other = plain.facts;
    other.mappings[0].derived = {bets_table, events_table};
    CHECK(match_rows(*plain.mappings.all()[0], other.mappings[0], other).why_wide == "its query reads several tables");
    other = plain.facts;
    other.mappings[0].direct = {17'000};
    CHECK(match_rows(*plain.mappings.all()[0], other.mappings[0], other).why_wide == "its query reads a view");
    other = plain.facts;
    other.mappings[0].followed = {events_table};
    CHECK(!match_rows(*plain.mappings.all()[0], other.mappings[0], other).exact);
    other = plain.facts;
    other.mappings[0].underived = "no";
    CHECK(!match_rows(*plain.mappings.all()[0], other.mappings[0], other).exact);

    CHECK(match({"recent", "SELECT 1 FROM bets JOIN events USING (id)", {}}).exact);
}
