#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/stream_problem.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::postgres;
using backends::errc;

namespace {

const stream_names names{"bets_slot", "bets_pub", "app"};

struct row {
    std::string sqlstate;
    std::string words;
    stream_cause means;
};

// Words as the servers of the versions that are named write them; 15's were also seen (tests/integration/replication_faults_test.cpp).
const row rows[] = {
    {"55006", R"(replication slot "bets_slot" is active for PID 24395)", stream_cause::slot_in_use},
    {"42704", R"(replication slot "bets_slot" does not exist)", stream_cause::slot_missing},
    {"42704", R"(publication "bets_pub" does not exist)", stream_cause::publication_missing},
    {"42704", R"(type "x" does not exist)", stream_cause::other},
    {"42710", R"(replication slot "bets_slot" already exists)", stream_cause::slot_exists},
    // 15, 16, 18
    {"55000",
     R"(cannot read from logical replication slot "bets_slot"; This slot has been invalidated because it exceeded the maximum reserved size.)",
     stream_cause::slot_lost},
    {"55000",
     R"(can no longer get changes from replication slot "bets_slot"; This slot has been invalidated because it exceeded the maximum reserved size.)",
     stream_cause::slot_lost},
    {"55000", R"(can no longer access replication slot "bets_slot")", stream_cause::slot_lost},
    {"58P01", "requested WAL segment 000000010000000000000001 has already been removed", stream_cause::slot_lost},
    {"55000", "logical decoding requires wal_level >= logical", stream_cause::wal_level},
    {"55000", R"(logical decoding requires "wal_level" >= "logical")", stream_cause::wal_level},
    {"55000", R"(logical decoding on standby requires "wal_level" >= "logical" on the primary)", stream_cause::wal_level},
    {"0A000", "logical decoding cannot be used while in recovery", stream_cause::standby},
    {"55000", "recovery is in progress; WAL control functions cannot be executed during recovery.", stream_cause::standby},
    {"55000", R"(replication slot "bets_slot" was not created in this database)", stream_cause::slot_unusable},
    {"55000", "cannot use physical replication slot for logical decoding", stream_cause::slot_unusable},
    {"53400", "all replication slots are in use; Free one or increase max_replication_slots.", stream_cause::no_free_slot},
    {"42501", "must be superuser or replication role to use replication slots", stream_cause::no_replication_right},
    {"42501", "permission denied for table bets", stream_cause::other},
    {"57P01", "terminating connection due to administrator command", stream_cause::server_unavailable},
    {"57P03", "the database system is starting up", stream_cause::server_unavailable},
    {"XX000", "could not read block", stream_cause::other},
};

// libpq's words for a connection that was refused; no SQLSTATE comes with them.
const row refusals[] = {
    {"", "FATAL:  must be superuser or replication role to start walsender", stream_cause::no_replication_right},
    {"", "FATAL:  permission denied to start WAL sender", stream_cause::no_replication_right},
    {"", "FATAL:  number of requested standby connections exceeds max_wal_senders (currently 1)", stream_cause::no_free_walsender},
    {"", "FATAL:  sorry, too many clients already", stream_cause::no_free_walsender},
    {"", "FATAL:  the database system is shutting down", stream_cause::server_unavailable},
    {"", R"(FATAL:  role "nobody" does not exist)", stream_cause::login_refused},
    {"", R"(FATAL:  database "nowhere" does not exist)", stream_cause::login_refused},
    {"", R"(FATAL:  password authentication failed for user "app")", stream_cause::login_refused},
    {"", R"(FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "app", database "betting", no encryption)", stream_cause::login_refused},
    {"", "connection to server at \"10.0.0.1\", port 5432 failed: Connection refused", stream_cause::connection_lost},
};

}  // namespace

TEST_CASE("stream problem: the server's errors by SQLSTATE and words", "[backends]") {
    for (const auto& [sqlstate, words, means] : rows) {
        INFO(words);
        const auto found = problem_of({classify(sqlstate), words, sqlstate}, names);
        CHECK(to_string(found.cause) == to_string(means));
    }
}

TEST_CASE("stream problem: refused connections by words", "[backends]") {
    for (const auto& [sqlstate, words, means] : refusals) {
        INFO(words);
        const auto found = problem_of({errc::not_connected, "connection to server failed: " + words, sqlstate}, names);
        CHECK(to_string(found.cause) == to_string(means));
    }
}

TEST_CASE("stream problem: words that only refusals have mean nothing in an error with an SQLSTATE", "[backends]") {
    const auto found =
        problem_of({errc::server_error, R"(relation "the database system is shutting down" does not exist)", "42P01"}, names);
    CHECK(found.cause == stream_cause::other);
}

TEST_CASE("stream problem: without words the code decides", "[backends]") {
    CHECK(problem_of({errc::timed_out, "", ""}, names).cause == stream_cause::timed_out);
    CHECK(problem_of({errc::connection_lost, "", ""}, names).cause == stream_cause::connection_lost);
    CHECK(problem_of({errc::protocol_error, "", ""}, names).cause == stream_cause::other);
}

TEST_CASE("stream problem: the process id of the other consumer", "[backends]") {
    const auto with = [](const std::string& words) { return problem_of({errc::server_error, words, "55006"}, names); };
    CHECK(with(R"(replication slot "bets_slot" is active for PID 24395)").pid == 24395);
    CHECK(with(R"(replication slot "bets_slot" is active for PID 24395)").sentence.ends_with("(server process 24395)"));
    CHECK(with("replication slot is active for PID x").pid == std::nullopt);
    CHECK(with("something else").cause == stream_cause::slot_in_use);
    CHECK(with("something else").pid == std::nullopt);
}

TEST_CASE("stream problem: the sentence names what is to be done, with its names", "[backends]") {
    const auto sentence = [](const std::string& sqlstate, const std::string& words) {
        return problem_of({errc::server_error, words, sqlstate}, names).sentence;
    };
    CHECK_THAT(sentence("42704", "publication \"bets_pub\" does not exist"), Catch::Contains("CREATE PUBLICATION \"bets_pub\""));
    CHECK_THAT(sentence("42501", "must be superuser or replication role to use replication slots"),
               Catch::Contains("ALTER ROLE \"app\" REPLICATION"));
    CHECK_THAT(sentence("55000", "cannot read from logical replication slot \"bets_slot\""),
               Catch::Contains("SELECT pg_drop_replication_slot('bets_slot')") && Catch::Contains("max_slot_wal_keep_size"));
    CHECK_THAT(sentence("55000", "logical decoding requires wal_level >= logical"),
               Catch::Contains("ALTER SYSTEM SET wal_level = logical"));
    CHECK(sentence("XX000", "could not read block") == "could not read block");
    CHECK_FALSE(problem_of({errc::server_error, "permission denied to start WAL sender", "42501"}, {"s", "p", ""}).sentence.empty());
}
