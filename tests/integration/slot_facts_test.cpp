// Questions about the change stream and commands for its slot, by a role that may no more than it must.
#include "backends/postgres/replication/slot_commands.hpp"
#include "tests/integration/replication_stream_fixture.hpp"

using namespace respgres;
using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// The role "app": LOGIN, REPLICATION and SELECT, nothing else.
struct least_server : stream_server {
    explicit least_server(std::vector<std::string> settings = {}) : stream_server(std::move(settings)) {
        execute("CREATE ROLE app LOGIN REPLICATION; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app");
    }

    std::string least_url() const {
        std::string made = url();
        return made.replace(made.find("postgres@"), 9, "app@");
    }
};

// Sessions of one loop: an ordinary one, read-only as ours are, and one for replication.
struct sessions {
    explicit sessions(const std::string& url)
        : ordinary(context.get_executor(), settings_for(url, false)), replicating(context.get_executor(), settings_for(url, true)) {
        for (auto* each : {&ordinary, &replicating}) {
            const auto opened = run(each->open(soon()));
            if (opened.has_error()) FAIL(opened.error().detail);
        }
        if (run(postgres::prepare_fence(ordinary, soon())).has_error()) FAIL("no fence can be prepared");
    }

    static postgres::session_settings settings_for(const std::string& url, bool replication) {
        postgres::session_settings made;
        made.url = url;
        made.replication = replication;
        return made;
    }

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return run_coroutine(context, std::move(work));
    }

    postgres::slot_facts facts(const std::string& slot = "s", const std::string& publication = "p") {
        const auto read = run(postgres::read_slot_facts(ordinary, slot, publication, soon()));
        if (read.has_error()) FAIL(read.error().detail);
        return *read;
    }

    postgres::fence fence() {
        const auto taken = run(postgres::take_fence(ordinary, soon()));
        if (taken.has_error()) FAIL(taken.error().detail);
        return *taken;
    }

    boost::asio::io_context context{1};
    postgres::session ordinary;
    postgres::session replicating;
};

}  // namespace

TEST_CASE("slot facts: of a slot and a publication that exist, and of none", "[change_stream]") {
    least_server server;
    sessions ours(server.least_url());
    const auto facts = ours.facts();
    CHECK(std::to_string(facts.server.system_identifier) == server.execute("SELECT system_identifier FROM pg_control_system()")[0][0]);
    CHECK(facts.server.timeline == 1);
    CHECK(std::to_string(facts.server.version) == server.execute("SHOW server_version_num")[0][0]);
    CHECK((facts.server.wal_is_logical && facts.server.may_replicate && !facts.server.in_recovery));
    CHECK((facts.server.database == "postgres" && facts.server.role == "app"));
    REQUIRE(facts.slot);
    CHECK((facts.slot->plugin == "pgoutput" && facts.slot->database == "postgres" && facts.slot->wal_status == "reserved"));
    CHECK((!facts.slot->temporary && !facts.slot->two_phase && !facts.slot->active_pid));
    CHECK(facts.slot->confirmed == server.confirmed());
    CHECK((facts.slot->restart && *facts.slot->restart <= *facts.slot->confirmed));
    REQUIRE(facts.publication);
    CHECK((facts.publication->all_tables && facts.publication->is_whole()));

    const auto none = ours.facts("no", "no");
    CHECK((!none.slot && !none.publication && none.server.timeline == 1));
}

TEST_CASE("slot facts: what is not as it should be", "[change_stream]") {
    least_server server;
    server.execute("CREATE PUBLICATION half FOR TABLE bets WITH (publish = 'insert, truncate'); CREATE ROLE plain LOGIN");
    server.execute("SELECT pg_create_physical_replication_slot('physical', true)");
    sessions ours(server.least_url());
    const auto facts = ours.facts("physical", "half");
    CHECK((facts.slot->plugin.empty() && facts.slot->database.empty() && !facts.slot->confirmed && facts.slot->restart));
    CHECK((!facts.publication->all_tables && facts.publication->inserts && facts.publication->truncates));
    CHECK((!facts.publication->updates && !facts.publication->deletes && !facts.publication->is_whole()));

    stream_reader reader(server.least_url());
    reader.require_start();
    CHECK(ours.facts().slot->active_pid == reader.stream.backend_pid());

    std::string plain = server.url();
    plain.replace(plain.find("postgres@"), 9, "plain@");
    stream_reader of_plain(plain);
    const auto seen = of_plain.run(postgres::read_slot_facts(of_plain.question(), "s", "p", soon()));
    CHECK_FALSE(seen.value().server.may_replicate);
}

TEST_CASE("fence: it sees what was committed and not what runs", "[change_stream]") {
    least_server server;
    sessions ours(server.least_url());
    sql_session writer(server.url());
    writer.run("BEGIN; INSERT INTO bets VALUES (1)");
    const auto running = std::stoull(server.execute("SELECT max(backend_xid::text::bigint) FROM pg_stat_activity")[0][0]);
    const auto before = ours.fence();
    CHECK_FALSE(before.seen.sees(before.seen.widen(static_cast<std::uint32_t>(running))));
    writer.run("COMMIT");
    const auto commit = server.inserted();
    const auto after = ours.fence();
    CHECK(after.seen.sees(after.seen.widen(static_cast<std::uint32_t>(running))));
    CHECK(after.inserted >= commit);
    CHECK(before.taken < after.taken);
    CHECK(after.timeline == 1);
    const auto distance = std::chrono::system_clock::now() - after.taken;
    CHECK((distance > -1min && distance < 1min));
}

TEST_CASE("fence: the server plans its question once", "[change_stream]") {
    least_server server;
    sessions ours(server.least_url());

    for (int i = 0; i < 8; ++i) ours.fence();

    const auto plans = ours.run(ours.ordinary.query("SELECT count(*), sum(generic_plans) FROM pg_prepared_statements", soon()));
    REQUIRE(plans.has_value());
    CHECK(plans->at(0) == postgres::session::row{"1", "8"});
}

TEST_CASE("fence: force_flush() needs no right and writes no row", "[change_stream]") {
    least_server server({"synchronous_commit = off", "wal_writer_delay = 10s"});
    sessions ours(server.least_url());
    const auto before = ours.fence();
    const auto flushed = ours.run(postgres::force_flush(ours.ordinary, soon()));
    REQUIRE(flushed.has_value());
    CHECK(server.read_lsn("SELECT pg_current_wal_flush_lsn()") >= before.inserted);
    CHECK(ours.run(ours.ordinary.query("SHOW synchronous_commit", soon())).value().at(0).at(0) == "off");
}

TEST_CASE("slot commands: a slot is created with a snapshot, ended for another, and dropped", "[change_stream]") {
    least_server server;
    sessions ours(server.least_url());
    server.execute("INSERT INTO bets VALUES (1)");
    const auto made = ours.run(postgres::create_slot(ours.replicating, "mine", soon()));
    REQUIRE(made.has_value());
    server.execute("INSERT INTO bets VALUES (2)");
    const auto seen = ours.run(ours.ordinary.query(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '" + made->snapshot + "'; SELECT count(*) FROM bets", soon()));
    REQUIRE(seen.has_value());
    CHECK(seen->at(0).at(0) == "1");
    REQUIRE(ours.run(ours.ordinary.query("COMMIT", soon())).has_value());
    CHECK(ours.facts("mine").slot->confirmed == made->consistent);
    CHECK_FALSE(ours.facts("mine").slot->two_phase);
    const auto again = ours.run(postgres::create_slot(ours.replicating, "mine", soon()));
    CHECK(cause_of(again.error()) == "slot_exists");

    auto settings = stream_settings_for(server.least_url());
    settings.slot = "mine";
    stream_reader reader(settings);
    reader.require_start(made->consistent);
    reader.require_transactions(1);
    CHECK(reader.ids() == "2");
    const int pid = reader.stream.backend_pid();
    CHECK(cause_of(ours.run(postgres::drop_slot(ours.ordinary, "mine", soon())).error()) == "slot_in_use");
    CHECK(ours.run(postgres::end_consumer(ours.ordinary, "mine", pid + 1, soon())).value() == false);
    CHECK(ours.run(postgres::end_consumer(ours.ordinary, "mine", pid, soon())).value());
    CHECK(cause_of(reader.failure_of_reading()) == "server_unavailable");
    eventually("the slot can be dropped", [&] { return ours.run(postgres::drop_slot(ours.ordinary, "mine", soon())).has_value(); });
    CHECK_FALSE(ours.facts("mine").slot);
    CHECK(cause_of(ours.run(postgres::drop_slot(ours.ordinary, "mine", soon())).error()) == "slot_missing");
}

// F16.
TEST_CASE("slot commands: a transaction that runs holds up the creation of a slot, which names it and leaves nothing", "[change_stream]") {
    least_server server({"max_prepared_transactions = 5"});
    server.execute("BEGIN; INSERT INTO bets VALUES (7); PREPARE TRANSACTION 'forgotten'");
    sql_session writer(server.url() + "?application_name=nightly");
    writer.run("BEGIN; INSERT INTO bets VALUES (1)");
    sessions ours(server.least_url());
    const auto held_up = ours.run(postgres::create_slot(ours.replicating, "mine", steady::now() + 300ms));
    REQUIRE(held_up.has_error());
    CHECK(cause_of(held_up.error()) == "timed_out");

    const auto running = ours.run(postgres::sessions_in_the_way(ours.ordinary, soon()));
    REQUIRE(running.has_value());
    REQUIRE(running->size() == 2);
    CHECK((running->at(0).pid == 0 && running->at(0).name == "forgotten" && running->at(0).role == "postgres"));
    CHECK((running->at(1).pid == writer.pid() && running->at(1).name == "nightly"));
    CHECK_FALSE(ours.facts("mine").slot);

    writer.run("ROLLBACK");
    server.execute("ROLLBACK PREPARED 'forgotten'");
    CHECK(ours.run(postgres::create_slot(ours.replicating, "mine", soon())).has_value());
}

TEST_CASE("slot commands: no slot is free, and WAL that is not logical", "[change_stream]") {
    least_server server({"max_replication_slots = 1"});
    sessions ours(server.least_url());
    CHECK(cause_of(ours.run(postgres::create_slot(ours.replicating, "mine", soon())).error()) == "no_free_slot");
    REQUIRE(ours.run(postgres::drop_slot(ours.ordinary, "s", soon())).has_value());
    server.execute("ALTER SYSTEM SET wal_level = replica");
    server.restart();
    sessions later(server.least_url());
    CHECK(cause_of(later.run(postgres::create_slot(later.replicating, "mine", soon())).error()) == "wal_level");
    CHECK_FALSE(later.facts().server.wal_is_logical);
}
