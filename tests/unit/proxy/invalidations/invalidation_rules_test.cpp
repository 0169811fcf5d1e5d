#include "proxy/invalidations/invalidation_rules.hpp"
#include "tests/unit/backends/change_stream/assembling.hpp"
#include "tests/unit/proxy/invalidations/facts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace respgres;
using namespace respgres::tests;
using namespace respgres::proxy;

namespace {

using list = std::vector<std::string>;
const auto identity_only = [](std::initializer_list<std::string_view> values) { return pgoutput::old_tuple{true, cells(values)}; };

// bets (id, user_id, status); identity (id) or (id, user_id).
pgoutput::relation bets_relation(bool with_user, std::uint32_t id = bets_table) {
    return {0,
            id,
            "public",
            "bets",
            pgoutput::replica_identity::index,
            {{true, "id", int8_type, -1}, {with_user, "user_id", int4_type, -1}, {false, "status", enum_type, -1}}};
}

const std::string by_user = "SELECT 1 FROM bets WHERE user_id = :u";

struct told {
    explicit told(const followed_mapping& of) : rules(invalidation_rules::build(of.mappings, of.facts)) {}

    // The keys of one transaction in order; "wide" behind them, "old" when the facts are.
    template <class... Messages>
    list of(const Messages&... messages) {
        invalidation out;
        rules.affected(stream.whole(1, messages...), out);
        auto all = out.keys;
        std::sort(all.begin(), all.end());
        if (!out.wide.empty()) all.push_back("wide");
        if (out.facts_are_old) all.push_back("old");
        return all;
    }

    invalidation_rules rules;
    assembling stream;
};

followed_mapping user_bets(std::vector<std::string> immutable = {}) {
    return {"user_bets:{u:int}", by_user, {int4_type}, std::move(immutable)};
}

}  // namespace

TEST_CASE("invalidation_rules: keys of the row as it was and as it is", "[invalidations]") {
    told rows(user_bets());

    CHECK(rows.of(bets_relation(true), pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"user_bets:7"});
    CHECK(rows.of(pgoutput::update{0, bets_table, std::nullopt, cells({"1", "7", "SETTLED"})}) == list{"user_bets:7"});
    CHECK(rows.of(pgoutput::update{0, bets_table, identity_only({"1", "7", "NULL"}), cells({"1", "8", "SETTLED"})}) ==
          list{"user_bets:7", "user_bets:8"});
    CHECK(rows.of(pgoutput::remove{0, bets_table, identity_only({"1", "8", "NULL"})}) == list{"user_bets:8"});
    CHECK(rows.of(pgoutput::insert{0, bets_table, cells({"2", "NULL", "OPEN"})}) == list{});
    CHECK(rows.of(pgoutput::insert{0, bets_table, cells({"3", "9", "OPEN"})}, pgoutput::insert{0, bets_table, cells({"4", "9", "OPEN"})},
                  pgoutput::insert{0, bets_table, cells({"5", "6", "OPEN"})}) == list{"user_bets:6", "user_bets:9"});
}

TEST_CASE("invalidation_rules: an old value that is not told makes it wide, unless the column never changes", "[invalidations]") {
    told rows(user_bets());
    CHECK(rows.of(bets_relation(false), pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"user_bets:7"});
    CHECK(rows.of(pgoutput::update{0, bets_table, std::nullopt, cells({"1", "8", "OPEN"})}) == list{"wide"});
    CHECK(rows.of(pgoutput::remove{0, bets_table, identity_only({"1", "NULL", "NULL"})}) == list{"wide"});

    told stays(user_bets({"user_id"}));
    CHECK(stays.of(bets_relation(false), pgoutput::update{0, bets_table, std::nullopt, cells({"1", "8", "OPEN"})}) == list{"user_bets:8"});
    CHECK(stays.of(pgoutput::remove{0, bets_table, identity_only({"1", "NULL", "NULL"})}) == list{"wide"});
    CHECK(stays.of(pgoutput::update{0, bets_table, std::nullopt, cells({"1", "UNCHANGED", "OPEN"})}) == list{"wide"});
}

TEST_CASE("invalidation_rules: TRUNCATE, another definition and DDL make it wide", "[invalidations]") {
    told rows(user_bets());
    CHECK(rows.of(bets_relation(true), pgoutput::truncate{0, false, false, {bets_table}}) == list{"wide"});
    auto renamed = bets_relation(true);
    renamed.columns[1].name = "owner_id";
    CHECK(rows.of(renamed, pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"wide", "old"});
    CHECK(rows.of(pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"wide", "old"});   // the facts still say user_id
    CHECK(rows.of(pgoutput::logical_message{0, true, {}, "respgres_ddl", "16385"}) == list{"wide", "old"});
    CHECK(rows.of(pgoutput::logical_message{0, true, {}, "respgres_ddl", "99"}) == list{"old"});
    CHECK(rows.of(pgoutput::logical_message{0, true, {}, "respgres_ddl", "?"}) == list{"wide", "old"});
}

TEST_CASE("invalidation_rules: a transaction that is too large is wide for its tables", "[invalidations]") {
    told rows(user_bets());
    change_stream::transaction large;
    large.rows_known = false;
    large.wide.push_back({bets_table, nullptr, change_stream::wide_change::cause::too_large});
    invalidation out;

    rows.rules.affected(large, out);

    CHECK(out.wide == std::vector<std::size_t>{0});
    CHECK(!out.facts_are_old);
}

TEST_CASE("invalidation_rules: more than the most keys of one mapping are a wide invalidation", "[invalidations]") {
    told rows(user_bets());
    rows.of(bets_relation(true));
    const auto insert_users = [&](std::size_t count) {
        rows.stream.open(pgoutput::begin{{}, {}, 2});
        for (std::size_t i = 0; i < count; ++i) rows.stream.open(pgoutput::insert{0, bets_table, cells({"1", std::to_string(i), "OPEN"})});
        invalidation out;
        rows.rules.affected(rows.stream.ended(pgoutput::commit{}), out);
        return out;
    };

    CHECK(insert_users(invalidation_rules::max_keys).keys.size() == invalidation_rules::max_keys);
    const auto many = insert_users(invalidation_rules::max_keys + 1);
    CHECK(many.keys.empty());
    CHECK(many.wide == std::vector<std::size_t>{0});
}

TEST_CASE("invalidation_rules: partitions and views count as their table, others cost nothing, strangers drop everything",
          "[invalidations]") {
    auto partitioned = user_bets();
    partitioned.facts.tables[bets_table].parts = {500};
    partitioned.facts.mappings[0].views = {600};
    told rows(partitioned);

    CHECK(rows.of(bets_relation(true, 500), pgoutput::insert{0, 500, cells({"1", "7", "OPEN"})}) == list{"user_bets:7"});
    CHECK(rows.of(pgoutput::logical_message{0, true, {}, "respgres_ddl", "600"}) == list{"wide", "old"});
    CHECK(rows.of(bets_relation(true, events_table), pgoutput::insert{0, events_table, cells({"1", "7", "OPEN"})}) == list{});
    CHECK(rows.of(bets_relation(true, 700), pgoutput::insert{0, 700, cells({"1", "7", "OPEN"})}) == list{"wide", "old"});
}

TEST_CASE("invalidation_rules: one key without captures, and a wide mapping", "[invalidations]") {
    told recent(followed_mapping("recent", "SELECT 1 FROM bets", {}));
    CHECK(recent.of(bets_relation(false), pgoutput::remove{0, bets_table, identity_only({"1", "NULL", "NULL"})}) == list{"recent"});

    told wide(followed_mapping("k:{n:int}", "SELECT 1 FROM bets LIMIT :n", {int8_type}));
    CHECK(wide.of(bets_relation(false), pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"wide"});
    CHECK(wide.of() == list{});
}

TEST_CASE("invalidation_rules: a mapping of which nobody knows what it reads is touched by every change", "[invalidations]") {
    auto blind = user_bets();
    blind.facts.mappings[0].followed.clear();
    blind.facts.mappings[0].underived = "permission denied";
    told rows(blind);

    CHECK(rows.of(bets_relation(true, events_table), pgoutput::insert{0, events_table, cells({"1", "7", "OPEN"})}) == list{"wide"});
    CHECK(rows.of() == list{});
}

TEST_CASE("invalidation: of several transactions each key is there once", "[invalidations]") {
    invalidation all{{"b", "a"}, {1}, false};
    all.merge({{"a", "c"}, {1, 2}, true});
    all.compact();

    CHECK(all.keys == list{"a", "b", "c"});
    CHECK(all.wide == std::vector<std::size_t>{1, 2});
    CHECK(all.facts_are_old);
}

TEST_CASE("invalidation_rules: a mapping with one key that coalesces drops is dropped as a wide one", "[invalidations]") {
    followed_mapping plain("all", "SELECT count(*) FROM bets", {});
    CHECK(told(plain).of(bets_relation(true), pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"all"});
    conf::settings settings;
    settings.mappings.push_back(mapping_of("m", "all", "SELECT count(*) FROM bets"));
    settings.mappings.front().coalesce_ms.value = 300;
    conf::problems found;
    plain.mappings = mapping_table::build(settings, found);
    CHECK(told(plain).of(bets_relation(true), pgoutput::insert{0, bets_table, cells({"1", "7", "OPEN"})}) == list{"wide"});
}
