// The pool when things go wrong: many callers, no server, restarts, callers that give up.
#include "tests/integration/postgres_pool_fixture.hpp"

#include <catch2/catch.hpp>
#include <libpq-fe.h>

#include <algorithm>

using namespace respgres::tests;
using respgres::postgres::pool_event;
using respgres::postgres::statement;

namespace {

std::vector<pending> ask_often(pool_fixture& pool, std::size_t times, const std::string& sql, std::chrono::milliseconds limit) {
    std::vector<pending> answers;
    for (std::size_t i = 0; i < times; ++i) {
        answers.push_back(std::make_shared<std::optional<answer>>());
        pool.start_asking(sql, limit, answers.back());
    }
    return answers;
}

constexpr const char* endless = "SELECT pg_sleep(60)";

}  // namespace

TEST_CASE("postgres pool: a hundred callers share four connections", "[integration][threads]") {
    auto& server = postgres_server::shared();
    auto settings = settings_for(server.url(), 4);
    settings.makes_way_after = 1h;  // each query runs once, however slow the machine is
    pool_fixture pool(settings);
    pool.await(pool.until([&] { return pool->stats().connections.get() == 4; }));

    const auto answers = ask_often(pool, 100, "SELECT pg_backend_pid(), pg_sleep(0.002)", 10s);
    pool.await(pool.until([&] { return all_here(answers); }));

    std::vector<std::string> pids;
    for (const auto& each : answers) pids.push_back((**each).value());
    std::sort(pids.begin(), pids.end());
    CHECK(std::unique(pids.begin(), pids.end()) - pids.begin() == 4);
    CHECK(pool->stats().queries.get() == 100);
    CHECK(pool->stats().in_flight.get() == 0);
    CHECK(pool->stats().waiting.get() == 0);
}

TEST_CASE("postgres pool: callers beyond max_waiting are turned away at once", "[integration]") {
    auto settings = settings_for(postgres_server::shared().url());
    settings.max_waiting = 2;
    pool_fixture pool(settings);
    REQUIRE(pool.run("SELECT 1").ok());

    const auto first = ask_often(pool, 1, "SELECT pg_sleep(0.2)", 10s);
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 1; }));
    const auto more = ask_often(pool, 4, "SELECT 1", 10s);
    pool.await(pool.until([&] { return all_here(more) && all_here(first); }));

    CHECK((**first[0]).ok());
    CHECK(count_of(more, errc::too_many_waiting) == 2);
    CHECK((**more[0]).ok());
    CHECK((**more[1]).ok());
}

TEST_CASE("postgres pool: who waits for a busy connection past the time limit is told so", "[integration]") {
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    REQUIRE(pool.run("SELECT 1").ok());
    const auto busy = ask_often(pool, 1, endless, 300ms);
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 1; }));

    const auto got = pool.run("SELECT 1", {}, 30ms);

    CHECK(got.code() == errc::timed_out);
    CHECK(got.detail() == "no PostgreSQL connection became free within the time limit");
    pool.await(pool.until([&] { return all_here(busy); }));
}

TEST_CASE("postgres pool: a server that is not there at the start is named in the error, and found when it comes", "[integration]") {
    postgres_server server;
    server.stop();
    pool_fixture pool(settings_for(server.url(), 2));
    std::vector<pool_event> events;
    pool->on_event([&](pool_event what, const std::string&) { events.push_back(what); });

    const auto without = pool.run("SELECT 1", {}, 100ms);

    CHECK(without.code() == errc::not_connected);
    CHECK(contains(without.detail(), "port " + std::to_string(server.port())));
    CHECK(contains(without.detail(), "Connection refused"));
    CHECK_FALSE(pool->is_connected());

    server.start();

    CHECK(pool.run("SELECT 1").value() == "1");
    CHECK(pool->is_connected());
    CHECK(events == std::vector<pool_event>{pool_event::connect_failed, pool_event::connected});
}

TEST_CASE("postgres pool: idle connections survive a restart of the server without an error for the next callers", "[integration]") {
    postgres_server server;
    pool_fixture pool(settings_for(server.url(), 3));
    pool.await(pool.until([&] { return pool->stats().connections.get() == 3; }));

    for (const auto how : {postgres_server::mode::fast, postgres_server::mode::immediate}) {
        server.restart(how);
        const auto answers = ask_often(pool, 10, "SELECT 1", 10s);
        pool.await(pool.until([&] { return all_here(answers); }));
        for (const auto& each : answers) CHECK((**each).value() == "1");
    }
    CHECK(pool->stats().errors.get() == 0);
}

TEST_CASE("postgres pool: a query that had given rows when the server went down has lost its connection", "[integration]") {
    postgres_server server;
    pool_fixture pool(settings_for(server.url()));
    const auto answers =
        ask_often(pool, 1, "SELECT repeat('x', 100000), pg_sleep(CASE i WHEN 1 THEN 0 ELSE 60 END) FROM generate_series(1, 2) i", 30s);
    pool.await(pool.until([&] { return running_queries(server) == 1; }));
    asio::steady_timer timer(pool.context(), 50ms);   // the rest of the row is under way
    pool.await(timer.async_wait(asio::use_awaitable));

    server.restart();
    pool.await(pool.until([&] { return all_here(answers); }));

    CHECK((**answers[0]).code() == errc::connection_lost);
    CHECK(contains((**answers[0]).detail(), "terminating connection due to administrator command"));
    CHECK(pool.run("SELECT 1").value() == "1");
}

TEST_CASE("postgres pool: a statement is prepared again on a connection that replaced its own", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(settings_for(server.url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();

    server.execute("SELECT pg_terminate_backend(" + pid + ")");
    const auto next = pool.run("SELECT pg_backend_pid()");

    CHECK(next.value() != pid);
    CHECK(pool->stats().connects.get() == 2);
}

TEST_CASE("postgres pool: a wrong password is reported in the server's words, without the password", "[integration]") {
    postgres_server server;
    const auto hba = server.execute("SHOW hba_file").at(0).at(0);
    server.execute(
        "CREATE ROLE app LOGIN PASSWORD 'right'; "
        "COPY (VALUES ('host all app 127.0.0.1/32 scram-sha-256'), ('host all all 127.0.0.1/32 trust')) TO '" +
        hba + "'");
    server.execute("SELECT pg_reload_conf()");
    const auto url = "postgresql://app@127.0.0.1:" + std::to_string(server.port()) + "/postgres";
    auto settings = settings_for(url);
    settings.password = "mistaken";
    pool_fixture wrong(settings);
    settings.password = "right";
    pool_fixture right(settings);

    const auto refused = wrong.run("SELECT 1", {}, 500ms);

    CHECK(refused.code() == errc::not_connected);
    CHECK(contains(refused.detail(), "password authentication failed for user \"app\""));
    CHECK_FALSE(contains(refused.detail(), "mistaken"));
    CHECK(right.run("SELECT current_user").value() == "app");
}

TEST_CASE("postgres pool: a URL that is none, and a host that nobody knows, are reported", "[integration]") {
    pool_fixture bad(settings_for("postgresql://127.0.0.1/postgres?colour=blue"));
    pool_fixture unknown(settings_for("postgresql://no-such-host.invalid/postgres"));

    CHECK(contains(bad.run("SELECT 1", {}, 100ms).detail(), "invalid URI query parameter: \"colour\""));
    const auto got = unknown.run("SELECT 1", {}, 3s);
    CHECK(got.code() == errc::not_connected);
    CHECK(contains(got.detail(), "\"no-such-host.invalid\""));
}

TEST_CASE("postgres pool: connects by host name, over a Unix socket, and to the host that lives", "[integration]") {
    auto& server = postgres_server::shared();
    const auto port = std::to_string(server.port());
    for (const auto& url : {"postgresql://postgres@localhost:" + port + "/postgres", server.socket_url(),
                            "postgresql://postgres@127.0.0.1:1,localhost:" + port + "/postgres"}) {
        INFO(url);
        pool_fixture pool(settings_for(url));
        CHECK(pool.run("SELECT 1").value() == "1");
    }
}

TEST_CASE("postgres pool: a server without a free place is asked again and again, but not often", "[integration]") {
    postgres_server server({"max_connections = 5", "superuser_reserved_connections = 0"});
    std::vector<std::unique_ptr<PGconn, decltype(&PQfinish)>> guests;
    for (int i = 0; i < 5; ++i) guests.emplace_back(PQconnectdb(server.url().c_str()), &PQfinish);
    pool_fixture pool(settings_for(server.url(), 2));

    const auto without = pool.run("SELECT 1", {}, 1s);

    CHECK(without.code() == errc::not_connected);
    CHECK(contains(without.detail(), "sorry, too many clients already"));
    CHECK(pool->stats().connect_failures.get() < 20);   // two places; 5, 10, 20 ... ms between attempts at the least

    guests.clear();

    CHECK(pool.run("SELECT 1").value() == "1");
}

TEST_CASE("postgres pool: a caller that is cancelled leaves no query at the server and no broken connection", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(settings_for(server.url()));
    const auto pid = pool.run("SELECT pg_backend_pid()").value();

    for (const bool waits : {false, true}) {
        const auto busy = ask_often(pool, waits ? 1 : 0, "SELECT pg_sleep(0.2)", 10s);
        asio::cancellation_signal cancel;
        bool ended = false;
        boost::system::error_code code;
        auto keep = [&](std::exception_ptr, answer got) {
            ended = true;
            code = got.code();
        };
        asio::co_spawn(pool.context(), pool.ask(endless), asio::bind_cancellation_slot(cancel.slot(), keep));
        pool.await(pool.until([&] { return waits ? pool->stats().waiting.get() == 1 : running_queries(server) == 1; }));

        cancel.emit(asio::cancellation_type::terminal);
        pool.await(pool.until([&] { return ended; }));

        CHECK(code == errc::cancelled);
        pool.await(pool.until([&] { return all_here(busy); }));
    }
    CHECK(running_queries(server) == 0);
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
}

TEST_CASE("postgres pool: stop cancels what runs and what waits, closes the sessions, and is soon done", "[integration]") {
    postgres_server server;
    pool_fixture pool(settings_for(server.url(), 2));
    const auto answers = ask_often(pool, 5, endless, 60s);
    pool.await(pool.until([&] { return running_queries(server) == 2; }));
    const auto before = clock::now();

    pool.await(pool->stop());
    pool.await(pool.until([&] { return all_here(answers); }));

    CHECK(clock::now() - before < 10s);
    CHECK(count_of(answers, errc::cancelled) == 5);
    CHECK(pool.run("SELECT 1").code() == errc::cancelled);
    pool.await(pool.until([&] { return sessions(server) == 0; }));
}

TEST_CASE("postgres pool: a server that stands still costs a caller its time limit and the grace, and stop does not hang",
          "[integration]") {
    postgres_server server;
    auto settings = settings_for(server.url());
    settings.cancel_grace = 1s;
    pool_fixture pool(settings);
    REQUIRE(pool.run("SELECT 1").ok());
    server.pause();
    const auto before = clock::now();

    const auto got = pool.run("SELECT 1", {}, 100ms);
    const auto took = clock::now() - before;

    CHECK(got.code() == errc::timed_out);
    CHECK(took > 100ms);
    CHECK(took < 6s);
    server.resume();
    CHECK(pool.run("SELECT 1").value() == "1");
    server.pause();
    CHECK(pool.run("SELECT 1", {}, 10ms).code() == errc::timed_out);
    pool.await(pool->stop());   // with a cancel request that nobody answers
    pool.destroy();
    server.resume();
}

TEST_CASE("postgres pool: a pool that goes without stop completes its callers and touches nothing of theirs after", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(settings_for(server.url()));
    const auto answers = ask_often(pool, 3, endless, 60s);
    pool.await(pool.until([&] { return running_queries(server) == 1; }));

    pool.destroy();
    asio::steady_timer timer(pool.context());
    auto until_here = [&]() -> awaitable<void> {
        while (!all_here(answers)) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    pool.await(until_here());

    CHECK(count_of(answers, errc::cancelled) == 3);
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'respgres'");
}

TEST_CASE("postgres pool: a sink that throws costs its connection, not the pool", "[integration]") {
    class thrower final : public respgres::postgres::row_sink {
        void on_columns(std::span<const respgres::postgres::column>) override {}
        bool on_row(respgres::postgres::row_view) override { throw std::runtime_error("no room"); }
    };
    pool_fixture pool(settings_for(postgres_server::shared().url()));
    const statement what{"thrown_at", "SELECT generate_series(1, 1000)", {}};
    thrower sink;

    const auto result = pool.await(pool->run(what, {}, sink, clock::now() + 5s));

    REQUIRE(result.has_error());
    CHECK(result.error().code == errc::protocol_error);
    CHECK(contains(result.error().detail, "no room"));
    CHECK(pool.run("SELECT 1").value() == "1");
}
