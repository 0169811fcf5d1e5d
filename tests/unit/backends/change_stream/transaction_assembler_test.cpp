#include "backends/change_stream/transaction_assembler.hpp"
#include "tests/unit/backends/change_stream/assembling.hpp"

#include <catch2/catch.hpp>

using namespace respgres::change_stream;
using namespace respgres::tests;
using namespace std::chrono_literals;
using cause = wide_change::cause;

namespace {

pgoutput::logical_message ddl(std::string_view content) {
    return {0, true, {}, ddl_prefix, content};
}

struct wide {
    std::uint32_t table;
    cause why;

    bool operator==(const wide&) const = default;
};

std::vector<wide> wides(const transaction& of) {
    std::vector<wide> all;
    for (const auto& each : of.wide) all.push_back({each.relation_id, each.why});
    return all;
}

}  // namespace

TEST_CASE("transaction_assembler: a transaction comes whole, at its commit", "[change_stream]") {
    assembling a;

    a.open(pgoutput::begin{lsn{10}, postgres_epoch, 770}, described(), inserted("1"), inserted("2"));
    const transaction made = a.ended(pgoutput::commit{lsn{10}, lsn{20}, postgres_epoch + 1s});

    CHECK((made.xid == 770 && made.commit_lsn == lsn{10} && made.end_lsn == lsn{20} && made.committed == postgres_epoch + 1s));
    CHECK(ids(made) == "1 2");
    CHECK((made.rows_known && !made.everything_changed && made.wide.empty()));
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("transaction_assembler: a table is described once, for all transactions that follow, also on a new connection",
          "[change_stream]") {
    assembling a;
    a.whole(770, described());

    CHECK(ids(a.whole(771, inserted("1"))) == "1");
    a.assembler.restart();
    CHECK(ids(a.whole(772, inserted("2"))) == "2");
}

TEST_CASE("transaction_assembler: a connection that breaks leaves nothing of what was open", "[change_stream]") {
    assembling a;
    a.piece(780, true, described(bets, 780), inserted("1", 780));
    a.open(pgoutput::begin{{}, {}, 770}, described(), inserted("2"));

    a.assembler.restart();

    CHECK(a.assembler.open_bytes() == 0);
    CHECK(ids(a.whole(770, inserted("2"))) == "2");
    a.piece(780, true, described(bets, 780), inserted("1", 780));
    CHECK(ids(a.ended(pgoutput::stream_commit{780, {}, {}, {}})) == "1");
}

TEST_CASE("transaction_assembler: a truncation is a change in order, and any row may have gone", "[change_stream]") {
    assembling a;

    const transaction made =
        a.whole(770, described(), described(events), inserted("1"), pgoutput::truncate{0, false, false, {bets, events}}, inserted("2"));

    REQUIRE(made.changes.size() == 4);
    CHECK(made.changes[1].what == change::kind::truncate);
    CHECK(made.changes[2].table->id == events);
    CHECK(made.changes[3].what == change::kind::insert);
    CHECK(wides(made) == std::vector<wide>{{bets, cause::truncated}, {events, cause::truncated}});
    CHECK(made.rows_known);
}

TEST_CASE("transaction_assembler: another definition is told with the transaction that brings it", "[change_stream]") {
    assembling a;
    a.whole(770, described(), inserted("1"));
    a.assembler.restart();   // the table may be altered while nobody looks

    const transaction made = a.whole(771, described(bets, 0, "wagers"), inserted("2"));

    CHECK(wides(made) == std::vector<wide>{{bets, cause::redefined}});
    CHECK(made.wide[0].table->name == "wagers");
    CHECK(ids(made) == "2");
    CHECK(a.whole(772, described(bets, 0, "wagers"), inserted("3")).wide.empty());
}

TEST_CASE("transaction_assembler: a DDL message names tables by OID, known or not", "[change_stream]") {
    assembling a;

    const transaction made = a.whole(770, described(), ddl("16385, 16390 16385"));

    CHECK(wides(made) == std::vector<wide>{{bets, cause::ddl}, {events, cause::ddl}});
    CHECK(made.wide[0].table->name == "bets");
    CHECK(made.wide[1].table == nullptr);
    CHECK(!made.everything_changed);
}

TEST_CASE("transaction_assembler: a DDL message that names no table concerns all", "[change_stream]") {
    for (const char* content : {"", " ", "16385 view", "public.bets", "-1", "4294967296"}) {
        INFO(content);
        assembling a;
        const transaction made = a.whole(770, ddl(content));
        CHECK((made.everything_changed && made.wide.empty()));
    }
}

TEST_CASE("transaction_assembler: messages of others, and outside of transactions, mean nothing", "[change_stream]") {
    assembling a;
    a.open(pgoutput::logical_message{0, false, {}, ddl_prefix, ""});

    const transaction made =
        a.whole(770, pgoutput::logical_message{0, true, {}, "other", "16385"}, pgoutput::type{0, 1, "s", "t"}, pgoutput::origin{});

    CHECK((!made.everything_changed && made.wide.empty() && made.changes.empty()));
}

TEST_CASE("transaction_assembler: above its limit of changes a transaction keeps its tables only", "[change_stream]") {
    for (const std::size_t count : {3U, 4U}) {
        assembling a({3, 1 << 20, 1 << 20});
        a.open(pgoutput::begin{{}, {}, 770}, described(), described(events), inserted("0", 0, events));
        for (std::size_t i = 1; i < count; ++i) a.open(inserted("1"));

        const transaction made = a.ended(pgoutput::commit{});

        INFO(count);
        CHECK(made.rows_known == (count == 3));
        CHECK(made.changes.size() == (count == 3 ? 3 : 0));
        if (count == 4) CHECK(wides(made) == std::vector<wide>{{bets, cause::too_large}, {events, cause::too_large}});
    }
}

TEST_CASE("transaction_assembler: a shed transaction still tells of truncations, and of all tables that come later", "[change_stream]") {
    assembling a({2, 1 << 20, 1 << 20});

    const transaction made = a.whole(770, described(), described(events), inserted("1"), inserted("2"), inserted("3"),
                                     pgoutput::truncate{0, false, false, {events}});

    CHECK(wides(made) == std::vector<wide>{{bets, cause::too_large}, {events, cause::truncated}, {events, cause::too_large}});
}

TEST_CASE("transaction_assembler: rows of any size and number cost no more memory than the limit", "[change_stream]") {
    assembling a({1'000'000, 100'000, 1 << 20});
    const std::string large(10'000, 'x');
    a.open(pgoutput::begin{{}, {}, 770}, described());
    for (int i = 0; i < 1'000; ++i) {
        a.open(pgoutput::insert{0, bets, cells({"1", "OPEN", large})});
        REQUIRE(a.assembler.open_bytes() <= 100'000);
    }

    CHECK(!a.ended(pgoutput::commit{}).rows_known);
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("transaction_assembler: a transaction of too many tables tells that everything changed", "[change_stream]") {
    assembling a({2, 1 << 20, 1 << 20});
    a.open(pgoutput::begin{{}, {}, 770});
    for (std::uint32_t i = 0; i <= open_transaction::max_tables; ++i) a.open(ddl(std::to_string(100'000 + i)));

    const transaction made = a.ended(pgoutput::commit{});

    CHECK((made.everything_changed && !made.rows_known && made.wide.empty()));
}

TEST_CASE("transaction_assembler: an order that no server sends is refused with its reason", "[change_stream]") {
    const auto refusal = [](const pgoutput::message& next) { return assembling().refusal(next); };

    CHECK(refusal(pgoutput::commit{}) == "the change stream is out of order: a Commit without Begin");
    CHECK(refusal(inserted("1")) == "the change stream is out of order: a change outside of a transaction");
    CHECK(refusal(described()) == "the change stream is out of order: a definition outside of a transaction");
    CHECK(refusal(ddl("")) == "the change stream is out of order: a message outside of its transaction");
    CHECK(refusal(pgoutput::stream_stop{}) == "the change stream is out of order: a Stream Stop without Stream Start");
    CHECK(refusal(pgoutput::stream_commit{7, {}, {}, {}}) == "the change stream is out of order: a Stream Commit of transaction 7");
    CHECK(refusal(pgoutput::stream_start{7, false}) == "the change stream is out of order: a further piece of transaction 7");
    CHECK(refusal(pgoutput::prepare{{}, {}, {}, 7, ""}) == "the change stream is out of order: a Prepare of transaction 7");
    CHECK(refusal(pgoutput::stream_prepare{{{}, {}, {}, 7, ""}}) == "the change stream is out of order: a Stream Prepare of transaction 7");
}

TEST_CASE("transaction_assembler: nothing begins or ends within another transaction", "[change_stream]") {
    const pgoutput::message outside[] = {pgoutput::begin{{}, {}, 8},
                                         pgoutput::stream_start{8, true},
                                         pgoutput::stream_commit{7, {}, {}, {}},
                                         pgoutput::stream_abort{7, 7},
                                         pgoutput::begin_prepare{{}, {}, {}, 8, ""},
                                         pgoutput::stream_prepare{{{}, {}, {}, 7, ""}},
                                         pgoutput::commit_prepared{{}, {}, {}, 8, ""},
                                         pgoutput::rollback_prepared{{}, {}, {}, {}, 8, ""},
                                         pgoutput::stream_stop{}};
    for (const auto& each : outside) {
        assembling a;
        a.open(pgoutput::begin{{}, {}, 7});
        INFO(each.index());
        CHECK_THAT(a.refusal(each), Catch::StartsWith("the change stream is out of order: "));
    }
}

TEST_CASE("transaction_assembler: rows that do not fit their table are refused", "[change_stream]") {
    assembling a;
    a.open(pgoutput::begin{{}, {}, 7}, described());

    CHECK(a.refusal(inserted("1", 0, events)) == "the change stream is out of order: a change of table 16390, which was not described");
    CHECK(a.refusal(pgoutput::insert{0, bets, cells({"1"})}) ==
          "the change stream is out of order: a row of 1 columns for table public.bets, which has 3");
    CHECK(a.refusal(pgoutput::remove{0, bets, {true, cells({"1", "2", "3", "4"})}}) ==
          "the change stream is out of order: a row of 4 columns for table public.bets, which has 3");
}
