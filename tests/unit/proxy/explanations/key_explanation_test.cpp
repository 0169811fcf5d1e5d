#include "proxy/explanations/key_explanation.hpp"

#include "tests/unit/proxy/invalidations/facts.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;
using list = explained_field::list;
using named = explained_field::named;

namespace {

constexpr auto by_user = "SELECT id FROM bets WHERE user_id = :user_id";
constexpr auto top = "SELECT id FROM bets ORDER BY id LIMIT :n";

// One mapping that follows changes of public.bets.
struct explained_mapping {
    mapping_table mappings;
    table_facts facts;

    explained_mapping(const std::string& key, const std::string& query, std::uint32_t coalesce_ms = 0) {
        conf::settings settings;
        settings.freshness.source.value = conf::freshness_source::replication;
        auto made = tests::mapping_of("m", key, query);
        made.ttl.value = 60s;
        made.ttl_jitter = 0;
        made.coalesce_ms.value = coalesce_ms;
        settings.mappings.push_back(made);
        conf::problems found;
        mappings = mapping_table::build(settings, found);
        for (const auto& each : found) FAIL(each.message);
        facts.tables[tests::bets_table] = tests::bets_fact();
        facts.tables[tests::events_table] = tests::table_of(tests::events_table, "events", {});
        mapping_facts reads;
        reads.direct = reads.derived = reads.followed = {tests::bets_table};
        reads.parameter_types = {tests::int8_type};
        facts.mappings.push_back(std::move(reads));
    }

    key_explanation explain(const std::string& key, bool has_facts = true, const proof_now& proof = {}) const {
        captures found;
        const auto* const source = mappings.find(key, found);
        REQUIRE(source != nullptr);
        return explain_key(*source, found, key, {has_facts ? &facts : nullptr, nullptr, proof});
    }
};

template <class Value = std::string>
Value field(const key_explanation& all, std::string_view name) {
    for (const auto& each : all)
        if (each.name == name) return std::get<Value>(each.value);
    FAIL("no field " << name);
    return {};
}

bool has(const key_explanation& all, std::string_view name) {
    return std::any_of(all.begin(), all.end(), [name](const auto& each) { return each.name == name; });
}

}  // namespace

TEST_CASE("key_explanation: a row-exact key has its captures, its query and the rows that drop it", "[explanations]") {
    const explained_mapping world("user_bets:{user_id:int}", by_user);
    const auto all = world.explain("user_bets:9");
    CHECK(field(all, "mapping") == "m");
    CHECK(field(all, "key") == "user_bets:{user_id:int}");
    CHECK(field<named>(all, "captures") == named{{"user_id", "9"}});
    CHECK(field(all, "query") == "SELECT id FROM bets WHERE user_id = $1");
    CHECK(field<list>(all, "parameters") == list{"user_id"});
    CHECK(field<std::int64_t>(all, "ttl_ms") == 60'000);
    CHECK(field<std::int64_t>(all, "negative_ttl_ms") == 1'000);
    CHECK(field<std::int64_t>(all, "bound_ms") == 500);
    CHECK(field<list>(all, "tables") == list{"public.bets"});
    CHECK(field(all, "changes") == "row-exact: a change of a row of public.bets that has, or had, user_id = '9' drops the key");
    CHECK(field<list>(all, "notes").empty());
}

TEST_CASE("key_explanation: a wide key says why it is, and what its bound becomes when drops are coalesced", "[explanations]") {
    const explained_mapping plain("top:{n:int}", top);
    CHECK(field(plain.explain("top:3"), "changes") ==
          "wide: any change of public.bets drops all keys of the mapping, since its query has no condition column = :n at the top of its "
          "WHERE");

    const explained_mapping coalesced("top:{n:int}", top, 300);
    const auto all = coalesced.explain("top:3");
    CHECK(field<std::int64_t>(all, "bound_ms") == 800);
    CHECK(field(all, "changes").ends_with("; changes within 300 ms after a drop are one more drop"));
    CHECK(field(all, "freshness").find("committed 800 ms (500 ms, and coalesce_ms = 300) before") != std::string::npos);
}

TEST_CASE("key_explanation: what drops more than it must, or nothing, is a note", "[explanations]") {
    explained_mapping untold("noted:{text}", "SELECT id FROM bets WHERE note = :text");
    untold.facts.mappings.front().parameter_types = {tests::text_type};
    CHECK(field<list>(untold.explain("noted:x"), "notes") ==
          list{"an UPDATE or a DELETE of public.bets drops all keys of the mapping: its replica identity does not tell the old row's"});

    explained_mapping world("top:{n:int}", top);
    world.facts.mappings.front().derived.push_back(tests::events_table);
    world.facts.mappings.front().unpromised = {"now"};
    const auto notes = field<list>(world.explain("top:3"), "notes");
    CHECK(notes == list{"the query also reads public.events, which invalidate_on leaves out: its changes drop nothing",
                        "what now() answers can change without any change of a table: that drops nothing"});
    const auto invalid = world.explain("top:many");
    CHECK(field<list>(invalid, "notes").at(0) == "capture 'n' is not an int8: reads are answered as for a key that is absent");
}

TEST_CASE("key_explanation: without PostgreSQL's facts it says that they are not known", "[explanations]") {
    const explained_mapping world("top:{n:int}", top);
    const auto all = world.explain("top:3", false);
    CHECK(field(all, "changes") == "not known: PostgreSQL has not told yet which tables the query reads");
    CHECK(field<list>(all, "tables").empty());
    CHECK(field(all, "query") == "SELECT id FROM bets ORDER BY id LIMIT $1");
}

TEST_CASE("key_explanation: the proof is told of mappings that follow changes only", "[explanations]") {
    const explained_mapping world("top:{n:int}", top);
    const auto all = world.explain("top:3", true, {1'500us, "proved", "no slot"});
    CHECK(field<std::int64_t>(all, "lag_ms") == 1);
    CHECK(field(all, "proof") == "proved");
    CHECK(field(all, "problem") == "no slot");
    CHECK(field<std::int64_t>(world.explain("top:3"), "lag_ms") == -1);
    CHECK_FALSE(has(world.explain("top:3"), "problem"));

    conf::settings settings = tests::settings_of({"bet:{id:int}"});
    settings.mappings.front().ttl.value = 60s;
    settings.mappings.front().stale_while_revalidate = 5s;
    conf::problems found;
    const auto mappings = mapping_table::build(settings, found);
    captures taken;
    const auto* const source = mappings.find("bet:1", taken);
    REQUIRE(source != nullptr);
    const auto by_ttl = explain_key(*source, taken, "bet:1", {});
    CHECK(field(by_ttl, "freshness") == "the TTL, and DEL, UNLINK or PROXY INVALIDATE of the key");
    CHECK(field<std::int64_t>(by_ttl, "bound_ms") == 65'000);
    CHECK_FALSE(has(by_ttl, "proof"));
    CHECK_FALSE(has(by_ttl, "changes"));
}

TEST_CASE("key_explanation: rules that may drop the key are told, others not", "[explanations]") {
    conf::settings settings = tests::settings_of({"bet:{id:int}", "top"});
    conf::rule_settings placed;
    placed.name = "placed";
    placed.on_command.value = "XADD bets:{bet:int}";
    placed.drops = {{"bet:{bet}", {}}};
    settings.rules = {placed};
    conf::problems problems;
    const auto mappings = mapping_table::build(settings, problems);
    const auto rules = drop_rules::build(settings, mappings, problems);
    for (const auto& each : problems) FAIL(each.message);
    const auto rules_of = [&](std::string_view key) {
        captures found;
        const auto* const source = mappings.find(key, found);
        REQUIRE(source != nullptr);
        return field<named>(explain_key(*source, found, key, {nullptr, &rules, {}}), "rules");
    };
    CHECK(rules_of("bet:1") == named{{"placed", "XADD bets:{bet:int} drops bet:{bet}"}});
    CHECK(rules_of("top").empty());
}
