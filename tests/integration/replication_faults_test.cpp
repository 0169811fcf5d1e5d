// What goes wrong with the change stream of a real PostgreSQL: what it is called, and that nothing is lost.
#include "tests/integration/replication_stream_fixture.hpp"

#include <csignal>

using namespace respgres;
using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// Fills the WAL and lets the server throw away what it must keep for slots only.
void lose_the_slot(stream_server& server) {
    eventually(
        "the slot is lost",
        [&] {
            server.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)); SELECT pg_switch_wal()");
            server.execute("CHECKPOINT");
            return server.execute("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 's'")[0][0] == "lost";
        },
        30s);
}

}  // namespace

TEST_CASE("replication stream: a second consumer is told that the slot is in use, and by whom", "[change_stream]") {
    stream_server server;
    stream_reader first(server.url());
    first.require_start();
    stream_reader second(server.url());
    const auto refused = second.start();
    REQUIRE(refused.has_error());
    const auto problem = postgres::problem_of(refused.error(), names_here);
    CHECK(problem.cause == stream_cause::slot_in_use);
    CHECK(problem.pid == first.stream.backend_pid());
    CHECK_FALSE(second.stream.is_open());

    first.stream.close();
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    CHECK(second.start().has_value());
}

TEST_CASE("replication stream: a slot that is not there, of another kind or dropped while it is read", "[change_stream]") {
    stream_server server;
    server.execute("SELECT pg_create_physical_replication_slot('physical', true)");
    server.execute("CREATE DATABASE other");
    auto settings = stream_settings_for(server.url());
    settings.slot = "nope";
    CHECK(cause_of(stream_reader(settings).start().error()) == "slot_missing");
    settings.slot = "physical";
    CHECK(cause_of(stream_reader(settings).start().error()) == "slot_unusable");
    settings.slot = "s";
    settings.url = server.url().substr(0, server.url().rfind('/')) + "/other";
    CHECK(cause_of(stream_reader(settings).start().error()) == "slot_unusable");

    // The process that refused it had it for a moment.
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    stream_reader reader(server.url());
    reader.require_start();
    CHECK_THROWS(server.execute("SELECT pg_drop_replication_slot('s')"));   // while it is read it cannot be dropped
    server.execute("SELECT pg_terminate_backend(" + std::to_string(reader.stream.backend_pid()) + ")");
    CHECK(cause_of(reader.failure_of_reading()) == "server_unavailable");
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    server.execute("SELECT pg_drop_replication_slot('s')");
    CHECK(cause_of(reader.start().error()) == "slot_missing");
}

TEST_CASE("replication stream: a slot that the server gave up is called lost", "[change_stream]") {
    stream_server server({"max_slot_wal_keep_size = 1MB", "min_wal_size = 2MB", "max_wal_size = 2MB"});
    lose_the_slot(server);
    stream_reader reader(server.url());
    const auto facts = reader.run(postgres::read_slot_facts(reader.question(), "s", "p", soon()));
    REQUIRE(facts.has_value());
    CHECK(facts->slot->wal_status == "lost");
    const auto refused = reader.start();
    REQUIRE(refused.has_error());
    INFO(refused.error().detail);
    CHECK(cause_of(refused.error()) == "slot_lost");
}

TEST_CASE("replication stream: a slot that is lost while it is read ends the stream, and is called lost at the next start",
          "[change_stream]") {
    stream_server server({"max_slot_wal_keep_size = 1MB", "min_wal_size = 2MB", "max_wal_size = 2MB"});
    stream_reader reader(server.url());
    reader.require_start();
    lose_the_slot(server);   // nothing is confirmed meanwhile
    CHECK(reader.failure_of_reading().code == backends::errc::connection_lost);
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    CHECK(cause_of(reader.start().error()) == "slot_lost");
}

// F10: nothing is said before a change is decoded.
TEST_CASE("replication stream: a publication that is not there is told with the first change", "[change_stream]") {
    stream_server server;
    auto settings = stream_settings_for(server.url());
    settings.publication = "no such \"publication";
    stream_reader reader(settings);
    reader.require_start();
    const auto facts = reader.run(postgres::read_slot_facts(reader.question(), "s", settings.publication, soon()));
    CHECK_FALSE(facts.value().publication);
    server.execute("INSERT INTO bets VALUES (1)");
    const auto why = reader.failure_of_reading();
    INFO(why.detail);
    CHECK(cause_of(why) == "publication_missing");
}

TEST_CASE("replication stream: a publication's name may hold anything", "[change_stream]") {
    stream_server server;
    server.execute(R"(CREATE PUBLICATION "it's ""mine"", all" FOR TABLE bets)");
    auto settings = stream_settings_for(server.url());
    settings.publication = "it's \"mine\", all";
    stream_reader reader(settings);
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    reader.require_transactions(1);
    CHECK(reader.ids() == "1");
}

TEST_CASE("replication stream: no right to replicate, no walsender, no logical WAL, wrong role: each has its name", "[change_stream]") {
    stream_server server({"max_wal_senders = 1"});
    server.execute("CREATE ROLE plain LOGIN");
    std::string plain = server.url();
    plain.replace(plain.find("postgres@"), 9, "plain@");
    CHECK(cause_of(stream_reader(plain).start().error()) == "no_replication_right");
    plain.replace(plain.find("plain@"), 6, "nobody@");
    // The one before may still hold the only walsender.
    eventually("the login is refused", [&] { return cause_of(stream_reader(plain).start().error()) == "login_refused"; });

    stream_reader first(server.url());
    eventually("the only walsender is ours", [&] { return first.start().has_value(); });
    CHECK(cause_of(stream_reader(server.url()).start().error()) == "no_free_walsender");
    first.stream.close();
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    server.execute("SELECT pg_drop_replication_slot('s')");
    server.execute("ALTER SYSTEM SET wal_level = replica");
    server.restart();
    CHECK(cause_of(stream_reader(server.url()).start().error()) == "wal_level");
}

TEST_CASE("replication stream: after a restart of the server, fast or as in a crash, it goes on where it was", "[change_stream]") {
    const auto how = GENERATE(postgres_server::mode::fast, postgres_server::mode::immediate);
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    reader.require_transactions(1);
    const lsn reached = reader.taken[0].end_lsn;
    server.execute("INSERT INTO bets VALUES (2)");
    server.execute("INSERT INTO bets VALUES (3)");
    ::kill(server.pid(), how == postgres_server::mode::fast ? SIGINT : SIGQUIT);
    const auto why = reader.failure_of_reading();
    INFO(why.detail);
    CHECK((cause_of(why) == "connection_lost" || cause_of(why) == "server_unavailable"));
    server.stop(how);
    CHECK(cause_of(reader.start().error()) == "connection_lost");
    reader.taken.clear();
    server.start();
    server.execute("INSERT INTO bets VALUES (4)");

    reader.require_start(reached);
    reader.require_transactions(3);
    CHECK(reader.ids() == "2|3|4");
}

TEST_CASE("replication stream: what is known of tables outlasts a connection", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    reader.require_transactions(1);
    reader.stream.close();
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    server.execute("ALTER TABLE bets ADD stake int");
    server.execute("INSERT INTO bets VALUES (2)");
    reader.require_start(reader.taken[0].end_lsn);
    reader.require_until([&] { return reader.ids() == "1|2"; });
    REQUIRE(reader.taken.back().wide.size() == 1);
    CHECK(reader.taken.back().wide[0].why == change_stream::wide_change::cause::redefined);
}

TEST_CASE("replication stream: a transaction is skipped if its commit record starts before the place to start from", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    for (const char* id : {"1", "2", "3"}) server.execute("INSERT INTO bets VALUES (" + std::string(id) + ")");
    reader.require_transactions(3);
    const auto second = reader.taken[1];
    struct row {
        lsn from;
        std::string comes;
    };
    for (const auto& [from, comes] : {row{second.commit_lsn, "2|3"}, row{{second.commit_lsn.value + 1}, "3"}, row{second.end_lsn, "3"}}) {
        reader.stream.close();
        eventually("the slot is free", [&] { return !server.slot_is_active(); });
        reader.taken.clear();
        reader.require_start(from);
        CHECK(reader.stream.position() == from);
        const lsn all = change_stream::without_page_header(server.inserted());
        reader.require_until([&] { return reader.stream.position() >= all; });
        CHECK(reader.ids() == comes);
    }
}

// F5.
TEST_CASE("replication stream: to start below what was confirmed is not refused, and begins at what was confirmed", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    for (const char* id : {"1", "2", "3"}) server.execute("INSERT INTO bets VALUES (" + std::string(id) + ")");
    reader.require_transactions(3);
    reader.flushed = reader.taken[1].end_lsn;
    reader.require_until([&] { return server.confirmed() == reader.flushed; });
    reader.stream.close();
    eventually("the slot is free", [&] { return !server.slot_is_active(); });
    const lsn first = reader.taken[0].commit_lsn;
    reader.taken.clear();
    const auto facts = reader.run(postgres::read_slot_facts(reader.question(), "s", "p", soon()));
    CHECK(facts.value().slot->confirmed.value() > first);

    reader.require_start(first);
    reader.require_transactions(1);
    CHECK(reader.ids() == "3");
}

// Also of one that leaves the server with much to send, so that it stands in the middle of a message.
TEST_CASE("replication stream: of a consumer that is silent the server ends the connection, and another takes over", "[change_stream]") {
    const bool has_much_to_send = GENERATE(false, true);
    stream_server server;   // wal_sender_timeout is a minute unless we set it
    if (has_much_to_send) server.execute("INSERT INTO bets SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
    auto settings = stream_settings_for(server.url());
    settings.server_timeout = 500ms;
    stream_reader silent(settings);
    silent.require_start();
    stream_reader next(settings);
    eventually("the slot is taken over", [&] { return next.start().has_value(); });
    CHECK(silent.failure_of_reading().code == backends::errc::connection_lost);
}

TEST_CASE("replication stream: a consumer that only takes stays", "[change_stream]") {
    stream_server server;
    auto settings = stream_settings_for(server.url());
    settings.server_timeout = 1s;
    stream_reader reader(settings);
    reader.require_start();
    std::vector<change_stream::transaction> taken;
    for (const auto end = steady::now() + 2500ms; steady::now() < end;) {
        reader.run(reader.stream.wait(end));
        REQUIRE(reader.stream.take(taken, 10).has_value());
    }
    CHECK(reader.stream.is_streaming());
}

TEST_CASE("replication stream: a server that stands still is not heard, and its stream goes on when it does", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    reader.require_transactions(1);
    server.pause();
    // What was on its way arrives; then there is silence.
    reader.require_until([&] { return steady::now() - reader.stream.heard_at() > 300ms; });
    CHECK(reader.stream.is_streaming());
    const auto silent_since = reader.stream.heard_at();
    server.resume();
    reader.require_until([&] { return reader.stream.heard_at() > silent_since; });
    server.execute("INSERT INTO bets VALUES (2)");
    reader.require_transactions(2);
    CHECK(reader.ids() == "1|2");
}

// The server does not shut down before its walsenders' consumers have confirmed all, which we do late by design.
TEST_CASE("replication stream: a consumer that has not confirmed all does not hold up the server's shutdown", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    reader.require_transactions(1);
    reader.flushed = {reader.taken[0].commit_lsn.value - 1};
    reader.require_until([&] { return server.confirmed() == reader.flushed; });
    ::kill(server.pid(), SIGINT);
    const auto why = reader.failure_of_reading();
    INFO(why.detail);
    CHECK(cause_of(why) == "server_unavailable");
    server.stop();
    server.start();
    reader.taken.clear();
    reader.require_start(reader.flushed);
    reader.require_transactions(1);
    CHECK(reader.ids() == "1");
}
