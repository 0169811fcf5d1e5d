// Several queries at once on one connection of the pool, when the connection or the pool goes; and everything at once.
#include "tests/integration/postgres_pipeline_fixture.hpp"
#include "tests/support/sanitizers.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace respgres::tests;

namespace {

void end_sessions(postgres_server& server) {
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'respgres'");
}

}  // namespace

TEST_CASE("postgres pipeline: when the connection is lost, those whose sinks were not called are run again", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});

    const auto slow = pool.start_asking_as(echo, {"slow", "1"});
    const auto behind = start(pool, 20, "0");
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 21 && running_queries(server) == 1; }));
    end_sessions(server);
    await_all(pool, behind);
    await_all(pool, {slow});

    CHECK((**slow).value() == "slow");
    check_echoes(behind);
    CHECK(pool->stats().connects.get() == 2);
    CHECK(pool->stats().errors.get() == 0);
    CHECK(pool->stats().in_flight.get() == 0);
}

TEST_CASE("postgres pipeline: a query that has given rows is lost with its connection, those behind it are not", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    learn(pool, trickle, {"0"});
    row_keeper kept;
    std::optional<respgres::backends::outcome<void>> lost;
    const std::vector<std::string_view> long_time{"60"};

    auto keep = [&](std::exception_ptr, respgres::backends::outcome<void> result) { lost = std::move(result); };
    asio::co_spawn(pool.context(), pool->run(trickle, long_time, kept, clock::now() + 60s), keep);
    const auto behind = start(pool, 5, "0");
    pool.await(pool.until([&] { return pool->stats().pipelined.get() == 5 && !kept.rows.empty(); }));
    end_sessions(server);
    await_all(pool, behind);

    REQUIRE(lost);
    CHECK(lost->error().code == errc::connection_lost);
    CHECK(lost->error().detail == "terminating connection due to administrator command");
    check_echoes(behind);
}

TEST_CASE("postgres pipeline: a restart of the server in the middle of all pipelines costs nobody an error", "[integration]") {
    postgres_server server;
    auto settings = sharing_settings(3);
    settings.url = server.url();
    pool_fixture pool(settings);

    for (const auto how : {postgres_server::mode::fast, postgres_server::mode::immediate}) {
        learn(pool, echo, {"0", "0"});
        const auto answers = start(pool, 60, "0.02");
        pool.await(pool.until([&] { return pool->stats().in_flight.get() >= 50; }));
        server.restart(how);
        await_all(pool, answers);
        check_echoes(answers);
    }
    CHECK(pool->stats().errors.get() == 0);
    CHECK(pool->stats().pipelined.get() > 100);
}

TEST_CASE("postgres pipeline: a query is run again only once", "[integration]") {
    auto& server = postgres_server::shared();
    server.execute(
        "CREATE OR REPLACE FUNCTION deadly(is_deadly boolean) RETURNS text LANGUAGE plpgsql AS $$ BEGIN IF is_deadly THEN "
        "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN 'alive'; END $$");
    const respgres::postgres::statement deadly{"deadly", "SELECT deadly($1::boolean)", {}};
    pool_fixture pool(sharing_settings());
    learn(pool, deadly, {"f"});

    const auto before = pool.start_asking_as(deadly, {"f"});
    const auto killer = pool.start_asking_as(deadly, {"t"});
    const auto behind = pool.start_asking_as(deadly, {"f"});
    await_all(pool, {before, killer, behind});

    CHECK((**before).value() == "alive");
    CHECK((**killer).code() == errc::connection_lost);
    CHECK((**behind).value() == "alive");   // the killer's second try is its own
    CHECK(pool->stats().connects.get() == 3);
}

TEST_CASE("postgres pipeline: a row larger than allowed costs its connection and its query, not those behind", "[integration]") {
    auto settings = sharing_settings();
    settings.max_row_bytes = 1024 * 1024;
    const respgres::postgres::statement wide{"wide", "SELECT repeat('x', $1::int)", {}};
    pool_fixture pool(settings);
    learn(pool, wide, {"1"});

    const auto before = pool.start_asking_as(wide, {"10"});
    const auto large = pool.start_asking_as(wide, {"50000000"});
    const auto behind = pool.start_asking_as(wide, {"20"});
    await_all(pool, {before, large, behind});

    CHECK((**before).value().size() == 10);
    CHECK((**large).code() == errc::result_too_large);
    CHECK((**large).detail() == "a row is larger than 1048576 bytes; its connection was closed");
    CHECK((**behind).value().size() == 20);
}

TEST_CASE("postgres pipeline: a sink that throws costs its connection, not those behind", "[integration]") {
    class thrower final : public respgres::postgres::row_sink {
        void on_columns(std::span<const respgres::postgres::column>) override {}
        bool on_row(respgres::postgres::row_view) override { throw std::runtime_error("no room"); }
    };
    pool_fixture pool(sharing_settings());
    learn(pool, series, {"1"});
    const std::vector<std::string_view> many{"1000"};
    thrower sink;
    std::optional<respgres::backends::outcome<void>> thrown;

    const auto before = pool.start_asking_as(series, {"1"});
    auto keep = [&](std::exception_ptr, respgres::backends::outcome<void> result) { thrown = std::move(result); };
    asio::co_spawn(pool.context(), pool->run(series, many, sink, clock::now() + 20s), keep);
    const auto behind = pool.start_asking_as(series, {"2"});
    pool.await(pool.until([&] { return thrown && all_here({before, behind}); }));

    CHECK((**before).ok());
    CHECK(thrown->error().code == errc::protocol_error);
    CHECK(thrown->error().detail == "the result could not be taken: no room");
    CHECK((**behind).kept.rows.size() == 2);
    CHECK(pool->stats().connects.get() == 2);
}

TEST_CASE("postgres pipeline: stop cancels what runs and what waits behind it, and closes the sessions", "[integration]") {
    postgres_server server;
    auto settings = sharing_settings(2);
    settings.url = server.url();
    pool_fixture pool(settings);
    learn(pool, echo, {"0", "0"});
    const auto answers = start(pool, 30, "60");
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 30 && running_queries(server) == 2; }));

    pool.await(pool->stop());
    pool.await(pool.until([&] { return all_here(answers); }));

    CHECK(count_of(answers, errc::cancelled) == 30);
    CHECK(pool->stats().in_flight.get() == 0);
    pool.await(pool.until([&] { return sessions(server) == 0; }));
}

TEST_CASE("postgres pipeline: a pool that goes without stop completes the callers of its pipelines", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    const auto answers = start(pool, 10, "60");
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 10 && running_queries(server) == 1; }));

    pool.destroy();
    pool.await(pool.until([&] { return all_here(answers); }));

    CHECK(count_of(answers, errc::cancelled) == 10);
    end_sessions(server);
}

TEST_CASE("postgres pipeline: a server that stands still costs those in a pipeline their time limits, no more", "[integration]") {
    postgres_server server;
    auto settings = sharing_settings();
    settings.url = server.url();
    settings.cancel_grace = 1s;
    pool_fixture pool(settings);
    learn(pool, echo, {"0", "0"});
    server.pause();

    std::vector<pending> answers;
    for (int i = 0; i < 5; ++i) answers.push_back(pool.start_asking_as(echo, {"x", "0"}, 100ms));
    await_all(pool, answers);

    CHECK(count_of(answers, errc::timed_out) == 5);
    server.resume();
    CHECK(pool.run("SELECT 1").value() == "1");
}

TEST_CASE("postgres pipeline: whatever happens at once, every caller gets its own answer or a clear error", "[integration]") {
    auto& server = postgres_server::shared();
    auto settings = sharing_settings(3, 10ms);
    settings.quick_below = 1s;
    settings.max_row_bytes = 1024 * 1024;
    std::minstd_rand random(20261123);
    const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random()) % limit; };

    for (const bool with_losses : {false, true}) {
        INFO(with_losses);
        pool_fixture pool(settings);
        learn(pool, echo, {"0", "0"});
        learn(pool, series, {"1"});
        learn(pool, quotient, {"1"});
        struct asked {
            pending got;
            std::string expected;                    // when it goes well
            std::vector<errc> allowed = {};          // else
            std::unique_ptr<asio::cancellation_signal> gives_up = nullptr;
        };
        std::vector<asked> all;
        std::size_t open = 0;
        const auto ask_one = [&] {
            const auto number = std::to_string(all.size());
            switch (below(10)) {
                case 0: all.push_back({pool.start_asking_as(quotient, {"0"}), "", {errc::server_error}}); break;
                case 1: all.push_back({pool.start_asking_as(echo, {number, "0.03"}), number}); break;
                case 2:
                    all.push_back({pool.start_asking_as(echo, {number, "0.004"}, std::chrono::microseconds(below(10'000))),
                                   number,
                                   {errc::timed_out}});
                    break;
                case 3: {
                    auto gives_up = std::make_unique<asio::cancellation_signal>();
                    auto got = pool.start_asking_as(echo, {number, "0.002"}, 20s, SIZE_MAX, gives_up->slot());
                    all.push_back({std::move(got), number, {errc::cancelled}, std::move(gives_up)});
                    break;
                }
                case 4: all.push_back({pool.start_asking_as(series, {"100000"}, 20s, 5), "", {errc::result_too_large}}); break;
                case 5: all.push_back({pool.start_asking_as(series, {"200"}), "1"}); break;
                default: all.push_back({pool.start_asking_as(echo, {number, "0"}), number}); break;
            }
        };
        const std::size_t total = is_sanitized ? 300 : 1'000;
        const auto step = [&] {
            while (open < all.size() && all[open].got->has_value()) ++open;
            while (all.size() < total && all.size() < open + 100) ask_one();
            for (std::size_t i = open; i < all.size(); ++i)
                if (all[i].gives_up && !all[i].got->has_value() && below(20) == 0) all[i].gives_up->emit(asio::cancellation_type::terminal);
            if (with_losses && below(200) == 0) end_sessions(server);
            return open == all.size();
        };

        pool.await(pool.until(step), 120s);

        for (const auto& each : all) {
            const answer& got = **each.got;
            if (got.ok()) {
                CHECK(got.value() == each.expected);
                continue;
            }
            INFO(got.code().message() << " " << got.detail());
            const bool is_lost = with_losses && (got.code() == errc::connection_lost || got.code() == errc::not_connected);
            CHECK((is_lost || std::any_of(each.allowed.begin(), each.allowed.end(), [&](errc code) { return got.code() == code; })));
        }
        CHECK(pool->stats().pipelined.get() > total / 10);
        CHECK(pool->stats().made_way.get() > 0);
        pool.await(pool.until([&] { return pool->stats().in_flight.get() == 0; }));
        CHECK(pool->stats().waiting.get() == 0);
        CHECK(pool.run("SELECT 1").value() == "1");
    }
}
