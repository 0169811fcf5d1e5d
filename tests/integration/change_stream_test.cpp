// The bytes of a real PostgreSQL, decoded and assembled.
#include "tests/integration/change_stream_fixture.hpp"

#include "backends/change_stream/snapshot.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

using namespace respgres::change_stream;
using respgres::tests::recorded_stream;
using respgres::tests::shown;
using cause = wide_change::cause;
using kind = change::kind;

namespace {

constexpr const char* bets = "CREATE TABLE bets (id int PRIMARY KEY, status text NOT NULL, note text)";

// A session that stays open between statements.
class session {
public:
    explicit session(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {}

    void run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> done(PQexec(connection_.get(), sql.c_str()), &PQclear);
        const auto status = PQresultStatus(done.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) FAIL(sql << ": " << PQresultErrorMessage(done.get()));
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::string insert_rows(int first, int last) {
    return "INSERT INTO bets SELECT i, 'OPEN' FROM generate_series(" + std::to_string(first) + ", " + std::to_string(last) + ") i";
}

// Whether the rows are the insertions of these ids, in this order.
bool inserts(const transaction& of, std::initializer_list<std::pair<int, int>> ranges) {
    std::size_t at = 0;
    for (const auto& [first, last] : ranges)
        for (int id = first; id <= last; ++id, ++at)
            if (at >= of.changes.size() || of.changes[at].what != kind::insert || of.changes[at].new_value(0).bytes != std::to_string(id))
                return false;
    return at == of.changes.size();
}

std::string oid_of(recorded_stream& in, const std::string& table) {
    return in.server.execute("SELECT '" + table + "'::regclass::oid")[0][0];
}

}  // namespace

TEST_CASE("change stream: rows of a table with a primary key, as they were and are", "[change_stream]") {
    recorded_stream stream(bets);
    stream.server.execute(
        "BEGIN; INSERT INTO bets VALUES (1, 'OPEN', NULL); UPDATE bets SET status = 'SETTLED' WHERE id = 1; "
        "UPDATE bets SET id = 2; DELETE FROM bets; COMMIT");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 1);
    REQUIRE(all[0].changes.size() == 4);
    CHECK((all[0].end_lsn > all[0].commit_lsn && all[0].xid != 0));
    CHECK((shown(all[0].changes[0], true) == "?|?|?" && shown(all[0].changes[0], false) == "1|OPEN|-"));
    CHECK((shown(all[0].changes[1], true) == "1|?|?" && shown(all[0].changes[1], false) == "1|SETTLED|-"));
    CHECK((shown(all[0].changes[2], true) == "1|?|?" && shown(all[0].changes[2], false) == "2|SETTLED|-"));
    CHECK((shown(all[0].changes[3], true) == "2|?|?" && shown(all[0].changes[3], false) == "?|?|?"));
    CHECK(all[0].changes[3].what == kind::remove);
    CHECK(all[0].changes[0].table->name == "bets");
}

TEST_CASE("change stream: replica identity full and by index tell more of the old row", "[change_stream]") {
    recorded_stream stream(std::string(bets) +
                           "; CREATE UNIQUE INDEX by_status ON bets (id, status); CREATE TABLE whole (id int, note text); "
                           "ALTER TABLE bets REPLICA IDENTITY USING INDEX by_status; ALTER TABLE whole REPLICA IDENTITY FULL");
    stream.server.execute("INSERT INTO bets VALUES (1, 'OPEN', 'a'); INSERT INTO whole VALUES (1, NULL)");
    stream.server.execute("UPDATE bets SET status = 'SETTLED'; UPDATE bets SET note = 'b'; UPDATE whole SET note = 'c'; DELETE FROM whole");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 2);
    const auto& changes = all[1].changes;
    REQUIRE(changes.size() == 4);
    CHECK((shown(changes[0], true) == "1|OPEN|?" && shown(changes[0], false) == "1|SETTLED|a"));
    CHECK((shown(changes[1], true) == "1|SETTLED|?" && shown(changes[1], false) == "1|SETTLED|b"));
    CHECK((shown(changes[2], true) == "1|-" && shown(changes[2], false) == "1|c"));
    CHECK(shown(changes[3], true) == "1|c");
    CHECK(changes[0].table->identity == pgoutput::replica_identity::index);
    CHECK(changes[2].table->identity == pgoutput::replica_identity::full);
}

TEST_CASE("change stream: a large value that did not change is known with replica identity full only", "[change_stream]") {
    recorded_stream stream(std::string(bets) +
                           "; ALTER TABLE bets ALTER note SET STORAGE EXTERNAL; CREATE TABLE whole (LIKE bets INCLUDING ALL); "
                           "ALTER TABLE whole REPLICA IDENTITY FULL");
    for (const std::string table : {"bets", "whole"})
        stream.server.execute("INSERT INTO " + table + " VALUES (1, 'OPEN', repeat('x', 5000))");
    stream.transactions();
    for (const std::string table : {"bets", "whole"}) stream.server.execute("UPDATE " + table + " SET status = 'SETTLED'");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 2);
    CHECK(shown(all[0].changes.at(0), false) == "1|SETTLED|~");
    CHECK(shown(all[1].changes.at(0), false) == "1|SETTLED|" + std::string(5000, 'x'));
    CHECK(shown(all[1].changes.at(0), true) == "1|OPEN|" + std::string(5000, 'x'));
}

TEST_CASE("change stream: large transactions come in alternating pieces, without what was rolled back", "[change_stream]") {
    recorded_stream stream(bets);
    session first(stream.server.url());
    session second(stream.server.url());
    first.run("BEGIN; " + insert_rows(1, 700));
    second.run("BEGIN; " + insert_rows(10'001, 10'700));
    first.run("SAVEPOINT a; " + insert_rows(701, 1'400) + "; SAVEPOINT b; " + insert_rows(1'401, 1'500) + "; ROLLBACK TO a");
    first.run("SAVEPOINT c; " + insert_rows(1'501, 2'200) + "; RELEASE c");
    second.run("SAVEPOINT d; " + insert_rows(10'701, 11'400));
    stream.server.execute("BEGIN; " + insert_rows(60'000, 61'000) + "; ROLLBACK");
    stream.server.execute(insert_rows(50'000, 50'000));
    second.run("COMMIT");
    first.run(insert_rows(2'201, 2'300) + "; COMMIT");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 3);
    CHECK(inserts(all[0], {{50'000, 50'000}}));
    CHECK(inserts(all[1], {{10'001, 11'400}}));
    CHECK(inserts(all[2], {{1, 700}, {1'501, 2'300}}));
    CHECK(std::count(stream.kinds.begin(), stream.kinds.end(), 'S') >= 4);
    CHECK(std::count(stream.kinds.begin(), stream.kinds.end(), 'c') == 2);
    CHECK(std::count(stream.kinds.begin(), stream.kinds.end(), 'A') >= 2);   // a savepoint, and a whole transaction
    CHECK(stream.assembler.open_bytes() == 0);
}

TEST_CASE("change stream: a transaction above the limit tells which tables changed", "[change_stream]") {
    recorded_stream stream(std::string(bets) + "; CREATE TABLE untouched (LIKE bets INCLUDING ALL)");
    stream.assembler = transaction_assembler({19'999, 64 << 20, 64 << 20});
    stream.server.execute(insert_rows(1, 20'000));

    const auto all = stream.transactions();

    REQUIRE(all.size() == 1);
    CHECK((!all[0].rows_known && all[0].changes.empty() && !all[0].everything_changed));
    REQUIRE(all[0].wide.size() == 1);
    CHECK((all[0].wide[0].table->name == "bets" && all[0].wide[0].why == cause::too_large));
}

TEST_CASE("change stream: TRUNCATE of several tables", "[change_stream]") {
    recorded_stream stream(std::string(bets) + "; CREATE TABLE notes (id int PRIMARY KEY, bet int REFERENCES bets)");
    stream.server.execute("BEGIN; " + insert_rows(1, 1) + "; TRUNCATE bets RESTART IDENTITY CASCADE; " + insert_rows(2, 2) + "; COMMIT");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 1);
    std::vector<kind> kinds;
    for (const auto& each : all[0].changes) kinds.push_back(each.what);
    CHECK(kinds == std::vector<kind>{kind::insert, kind::truncate, kind::truncate, kind::insert});
    CHECK(all[0].wide.size() == 2);
}

TEST_CASE("change stream: two-phase commit, of transactions small and large", "[change_stream]") {
    recorded_stream stream(bets, "", true);
    stream.server.execute("BEGIN; " + insert_rows(1, 2) + "; PREPARE TRANSACTION 'small'");
    stream.server.execute("BEGIN; " + insert_rows(101, 1'200) + "; PREPARE TRANSACTION 'large'");
    stream.server.execute("BEGIN; " + insert_rows(5'000, 5'001) + "; PREPARE TRANSACTION 'never'");
    CHECK(stream.transactions().empty());
    CHECK(stream.kinds.find('p') != std::string::npos);
    CHECK(stream.kinds.find('P') != std::string::npos);
    stream.server.execute("COMMIT PREPARED 'large'");
    stream.server.execute("ROLLBACK PREPARED 'never'");
    stream.server.execute("COMMIT PREPARED 'small'");

    const auto all = stream.transactions();

    CHECK(stream.kinds == "KrK");
    REQUIRE(all.size() == 2);
    CHECK(inserts(all[0], {{101, 1'200}}));
    CHECK(inserts(all[1], {{1, 2}}));
    CHECK((all[0].rows_known && all[1].rows_known && stream.assembler.open_bytes() == 0));
}

TEST_CASE("change stream: a slot without two-phase sends prepared transactions when they are committed", "[change_stream]") {
    recorded_stream stream(bets);
    stream.server.execute("BEGIN; " + insert_rows(1, 2) + "; PREPARE TRANSACTION 'g'");
    CHECK(stream.transactions().empty());
    stream.server.execute("COMMIT PREPARED 'g'");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 1);
    CHECK(inserts(all[0], {{1, 2}}));
    CHECK(stream.kinds == "BRIIC");
}

TEST_CASE("change stream: partitions are the table that they are of, if the publication says so", "[change_stream]") {
    recorded_stream stream(
        "CREATE TABLE bets (id int PRIMARY KEY, status text) PARTITION BY RANGE (id); "
        "CREATE TABLE bets_1 PARTITION OF bets FOR VALUES FROM (1) TO (100); "
        "CREATE TABLE bets_2 PARTITION OF bets FOR VALUES FROM (100) TO (200)",
        "WITH (publish_via_partition_root = true)");
    stream.server.execute("BEGIN; INSERT INTO bets VALUES (1, 'OPEN'); UPDATE bets SET id = 101; TRUNCATE bets; COMMIT");

    const auto all = stream.transactions();

    REQUIRE(all.size() == 1);
    REQUIRE(all[0].changes.size() == 4);   // a row that moves is deleted and inserted
    CHECK(all[0].changes[1].what == kind::remove);
    for (const auto& each : all[0].changes) CHECK(std::to_string(each.table->id) == oid_of(stream, "bets"));
}

TEST_CASE("change stream: columns have the OIDs of types that users made", "[change_stream]") {
    recorded_stream stream("CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE TABLE moods (id int PRIMARY KEY, feeling mood)");
    stream.server.execute("INSERT INTO moods VALUES (1, 'fine')");

    const auto all = stream.transactions();

    CHECK(stream.kinds == "BYRIC");
    REQUIRE(all.size() == 1);
    const auto& made = all[0].changes.at(0);
    CHECK(std::to_string(made.table->columns[1].type) == stream.server.execute("SELECT 'mood'::regtype::oid")[0][0]);
    CHECK(shown(made, false) == "1|fine");
}

TEST_CASE("change stream: values may be binary", "[change_stream]") {
    recorded_stream stream(bets);
    stream.server.execute("INSERT INTO bets VALUES (258, 'OPEN', NULL)");

    const auto all = stream.transactions("'proto_version', '2', 'binary', 'true'");

    REQUIRE(all.size() == 1);
    CHECK(all[0].changes.at(0).new_value(0) == cell{cell::form::binary, std::string_view("\0\0\1\2", 4)});
}

TEST_CASE("change stream: an altered table is told with its next change, and DDL by its message", "[change_stream]") {
    recorded_stream stream(bets);
    stream.server.execute(insert_rows(1, 1));
    stream.transactions();
    const std::string oid = oid_of(stream, "bets");
    stream.server.execute("BEGIN; ALTER TABLE bets DROP COLUMN note; SELECT pg_logical_emit_message(true, 'respgres_ddl', '" + oid +
                          "'); COMMIT");
    stream.server.execute("SELECT pg_logical_emit_message(false, 'respgres_ddl', '')");
    stream.server.execute(insert_rows(2, 2));

    const auto all = stream.transactions();

    REQUIRE(all.size() == 2);
    REQUIRE(all[0].wide.size() == 1);
    CHECK((all[0].wide[0].why == cause::ddl && std::to_string(all[0].wide[0].relation_id) == oid && !all[0].everything_changed));
    REQUIRE(all[1].wide.size() == 1);
    CHECK(all[1].wide[0].why == cause::redefined);
    CHECK(shown(all[1].changes.at(0), false) == "2|OPEN");
}

TEST_CASE("change stream: a large transaction that alters its table, and rolls that back", "[change_stream]") {
    recorded_stream stream(bets);
    stream.server.execute("BEGIN; " + insert_rows(1, 700) + "; SAVEPOINT a; ALTER TABLE bets DROP COLUMN note; " + insert_rows(701, 1'400) +
                          "; ROLLBACK TO a; " + insert_rows(1'401, 2'100) + "; COMMIT");
    stream.server.execute(insert_rows(2'101, 2'101));

    const auto all = stream.transactions();

    REQUIRE(all.size() == 2);
    CHECK(inserts(all[0], {{1, 700}, {1'401, 2'100}}));
    for (const auto& each : all[0].changes) REQUIRE(each.table->columns.size() == 3);
    CHECK(all[0].wide.empty());
    CHECK(shown(all[1].changes.at(0), false) == "2101|OPEN|-");
}

TEST_CASE("snapshot: sees what PostgreSQL says that it sees", "[change_stream]") {
    respgres::tests::postgres_server server;
    session running(server.url());
    session running_too(server.url());
    for (int i = 0; i < 3; ++i) server.execute("SELECT pg_current_xact_id()");
    running.run("BEGIN; SELECT pg_current_xact_id()");
    server.execute("SELECT pg_current_xact_id()");
    running_too.run("BEGIN; SELECT pg_current_xact_id()");
    server.execute("SELECT pg_current_xact_id()");
    const std::string text = server.execute("SELECT pg_current_snapshot()")[0][0];

    const auto taken = snapshot::parse(text);

    REQUIRE(taken);
    CHECK(taken->running().size() == 2);
    for (std::uint64_t xid = taken->xmin() - 3; xid < taken->xmax() + 3; ++xid) {
        const auto theirs = server.execute("SELECT pg_visible_in_snapshot('" + std::to_string(xid) + "', '" + text + "')")[0][0];
        CHECK(taken->sees(xid) == (theirs == "t"));
    }
}
