// Transactions that come in pieces, with subtransactions, and those that are prepared first.
#include "tests/unit/backends/change_stream/assembling.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace respgres::change_stream;
using namespace respgres::tests;
using cause = wide_change::cause;

namespace {

pgoutput::stream_commit committed(std::uint32_t xid) {
    return {xid, lsn{30}, lsn{40}, postgres_epoch};
}

void roll_back(assembling& in, std::uint32_t xid, std::uint32_t subxid) {
    in.open(pgoutput::stream_abort{xid, subxid});
}

}  // namespace

TEST_CASE("streamed transactions: alternate, and come whole in the order of their commits", "[change_stream]") {
    assembling a;
    a.whole(1, described());
    a.piece(10, true, inserted("1", 10));
    a.piece(20, true, inserted("2", 20));
    CHECK(ids(a.whole(30, inserted("3"))) == "3");
    a.piece(10, false, inserted("4", 10));
    a.piece(20, false, inserted("5", 20));

    const transaction second = a.ended(committed(20));
    const transaction first = a.ended(committed(10));

    CHECK(ids(second) == "2 5");
    CHECK(ids(first) == "1 4");
    CHECK((first.xid == 10 && first.commit_lsn == lsn{30} && first.end_lsn == lsn{40} && first.committed == postgres_epoch));
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("streamed transactions: one that is rolled back leaves nothing", "[change_stream]") {
    assembling a;
    a.whole(1, described());
    a.piece(10, true, described(bets, 10, "wagers"), inserted("1", 10));

    roll_back(a, 10, 10);

    CHECK(a.assembler.open_bytes() == 0);
    CHECK(a.refusal(committed(10)) == "the change stream is out of order: a Stream Commit of transaction 10");
    CHECK(a.whole(11, described()).wide.empty());   // its definition went with it
    roll_back(a, 12, 12);                           // of which nothing was sent
}

TEST_CASE("streamed transactions: subtransactions that are rolled back leave nothing", "[change_stream]") {
    assembling a;
    a.whole(1, described());
    a.piece(10, true, inserted("1", 10), inserted("3", 12), inserted("5", 10));
    const std::size_t without = a.assembler.open_bytes();
    a.piece(10, false, inserted("2", 11), pgoutput::truncate{11, false, false, {bets}}, inserted("4", 11));

    roll_back(a, 10, 11);
    CHECK(a.assembler.open_bytes() == without);
    roll_back(a, 10, 11);   // nothing is left of it
    a.piece(10, false, inserted("6", 13));
    roll_back(a, 10, 13);
    a.piece(10, false, inserted("7", 10));
    const transaction made = a.ended(committed(10));

    CHECK(ids(made) == "1 3 5 7");
    CHECK(made.wide.empty());
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("streamed transactions: any order of savepoints leaves what a model leaves", "[change_stream]") {
    std::mt19937 random(4);
    for (int round = 0; round < 300; ++round) {
        assembling a;
        a.whole(1, described());
        std::vector<std::pair<std::uint32_t, std::string>> model;
        for (int step = 0; step < 40; ++step) {
            const auto subxid = static_cast<std::uint32_t>(10 + random() % 6);
            if (random() % 4 != 0 || step == 0) {
                const std::string id = std::to_string(step);
                a.piece(10, step == 0, inserted(id, subxid));
                model.emplace_back(subxid, id);
            } else if (subxid != 10) {
                roll_back(a, 10, subxid);
                std::erase_if(model, [&](const auto& each) { return each.first == subxid; });
            }
        }
        std::string expected;
        for (const auto& [subxid, id] : model) expected += (expected.empty() ? "" : " ") + id;

        REQUIRE(ids(a.ended(committed(10))) == expected);
        REQUIRE(a.assembler.open_bytes() == 0);
    }
}

TEST_CASE("streamed transactions: one that is open does not begin again", "[change_stream]") {
    assembling a;
    a.piece(10, true);

    CHECK(a.refusal(pgoutput::begin{{}, {}, 10}) == "the change stream is out of order: a second beginning of transaction 10");
    CHECK(a.refusal(pgoutput::stream_start{10, true}) == "the change stream is out of order: a second first piece of transaction 10");
}

TEST_CASE("streamed transactions: a definition is theirs until they commit, then it is everybody's", "[change_stream]") {
    assembling a;
    a.whole(1, described());
    a.piece(10, true, described(bets, 10, "wagers"), inserted("1", 10));
    CHECK(a.whole(11, inserted("2")).changes[0].table->name == "bets");

    const transaction made = a.ended(committed(10));

    CHECK(made.changes[0].table->name == "wagers");
    REQUIRE(made.wide.size() == 1);
    CHECK(made.wide[0].why == cause::redefined);
    CHECK(a.whole(12, inserted("3")).changes[0].table->name == "wagers");
}

TEST_CASE("streamed transactions: a definition goes with its subtransaction", "[change_stream]") {
    assembling a;
    a.whole(1, described());
    a.piece(10, true, inserted("1", 10), described(bets, 11, "wagers"), inserted("2", 11));

    roll_back(a, 10, 11);
    a.piece(10, false, inserted("3", 10));
    const transaction made = a.ended(committed(10));

    CHECK(made.changes[1].table->name == "bets");
    CHECK(made.wide.empty());
}

TEST_CASE("streamed transactions: all together keep within a limit, and the largest loses its rows first", "[change_stream]") {
    const std::string large(1'000, 'x');
    assembling a({1'000, 1 << 20, 20'000});
    a.whole(1, described());
    a.piece(10, true, inserted("1", 10));
    a.piece(20, true, inserted("2", 20));
    for (int i = 0; i < 30; ++i) {
        a.piece(20, false, pgoutput::insert{20, bets, cells({"3", "OPEN", large})});
        REQUIRE(a.assembler.open_bytes() <= 20'000);
    }

    CHECK(ids(a.ended(committed(10))) == "1");
    const transaction shed = a.ended(committed(20));
    CHECK(!shed.rows_known);
    CHECK(shed.wide.size() == 1);
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("prepared transactions: come when they are committed, with the positions of that", "[change_stream]") {
    assembling a;
    a.open(pgoutput::begin_prepare{lsn{1}, lsn{2}, {}, 10, "g"}, described(), inserted("1"),
           pgoutput::prepare{lsn{1}, lsn{2}, {}, 10, "g"});
    CHECK(ids(a.whole(11, inserted("2"))) == "2");

    const transaction made = a.ended(pgoutput::commit_prepared{lsn{5}, lsn{6}, postgres_epoch, 10, "g"});

    CHECK(ids(made) == "1");
    CHECK((made.xid == 10 && made.commit_lsn == lsn{5} && made.end_lsn == lsn{6} && made.rows_known));
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("prepared transactions: one that came in pieces, and one that is rolled back", "[change_stream]") {
    assembling a;
    a.piece(10, true, described(bets, 10), inserted("1", 10), inserted("2", 11));
    roll_back(a, 10, 11);
    a.open(pgoutput::stream_prepare{{{}, {}, {}, 10, "g"}});
    a.open(pgoutput::begin_prepare{{}, {}, {}, 20, "h"}, described(), inserted("3"), pgoutput::prepare{{}, {}, {}, 20, "h"});

    a.open(pgoutput::rollback_prepared{{}, {}, {}, {}, 20, "h"});

    CHECK(ids(a.ended(pgoutput::commit_prepared{{}, {}, {}, 10, "g"})) == "1");
    CHECK(a.assembler.open_bytes() == 0);
}

TEST_CASE("prepared transactions: outlive a connection, whether the server sends them again or not", "[change_stream]") {
    for (const bool again : {false, true}) {
        assembling a;
        const auto send = [&] {
            a.open(pgoutput::begin_prepare{{}, {}, {}, 10, "g"}, described(), inserted("1"), pgoutput::prepare{{}, {}, {}, 10, "g"});
        };
        send();

        a.assembler.restart();
        if (again) send();

        CHECK(ids(a.ended(pgoutput::commit_prepared{{}, {}, {}, 10, "g"})) == "1");
        CHECK(a.assembler.open_bytes() == 0);
    }
}

TEST_CASE("prepared transactions: one whose content never came changed anything", "[change_stream]") {
    assembling a;
    a.open(pgoutput::rollback_prepared{{}, {}, {}, {}, 9, "f"});

    const transaction made = a.ended(pgoutput::commit_prepared{lsn{5}, lsn{6}, {}, 10, "g"});

    CHECK((made.everything_changed && !made.rows_known && made.xid == 10 && made.end_lsn == lsn{6}));
}

TEST_CASE("prepared transactions: one of the same id and another name is another", "[change_stream]") {
    assembling a;
    a.open(pgoutput::begin_prepare{{}, {}, {}, 10, "g"}, described(), inserted("1"), pgoutput::prepare{{}, {}, {}, 10, "g"});

    CHECK(a.ended(pgoutput::commit_prepared{{}, {}, {}, 10, "h"}).everything_changed);
    CHECK(a.assembler.open_bytes() == 0);
}
