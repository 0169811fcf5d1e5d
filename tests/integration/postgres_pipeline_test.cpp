// Several queries at once on one connection of the pool: answers, errors, time limits, slow ones.
#include "tests/integration/postgres_pipeline_fixture.hpp"
#include "tests/integration/postgres_relay.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace respgres::tests;

namespace {

int sleeping_queries(postgres_server& server) {
    const auto rows =
        server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'respgres' AND wait_event = 'PgSleep'");
    return std::stoi(rows.at(0).at(0));
}

}  // namespace

TEST_CASE("postgres pipeline: each of many queries on one connection gets its own answer", "[integration]") {
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    learn(pool, series, {"1"});

    std::vector<pending> words;
    std::vector<pending> rows;
    for (std::size_t i = 0; i < 300; ++i) {
        words.push_back(pool.start_asking_as(echo, {"word " + std::to_string(i), "0"}));
        rows.push_back(pool.start_asking_as(series, {std::to_string(i)}));
    }
    await_all(pool, words);
    await_all(pool, rows);

    std::set<std::string> pids;
    for (std::size_t i = 0; i < 300; ++i) {
        CHECK((**words[i]).value() == "word " + std::to_string(i));
        pids.insert((**words[i]).kept.rows[0][1]);
        CHECK((**rows[i]).ok());
        REQUIRE((**rows[i]).kept.rows.size() == i);
        CHECK((**rows[i]).kept.announced == 1);
        if (i > 0) CHECK((**rows[i]).kept.rows.back()[0] == std::to_string(i));
    }
    CHECK(pids.size() == 1);
    CHECK(pool->stats().pipelined.get() >= 500);   // each but those that began a pipeline
    CHECK(pool->stats().in_flight.get() == 0);
    CHECK(pool->stats().waiting.get() == 0);
    CHECK(pool->stats().errors.get() == 0);
}

TEST_CASE("postgres pipeline: pipeline_depth is how many are in flight at most, and 1 means one at a time", "[integration]") {
    auto settings = sharing_settings();
    settings.pipeline_depth = 3;
    pool_fixture pool(settings);
    learn(pool, echo, {"0", "0"});
    const auto answers = start(pool, 10, "0.02");
    std::int64_t most = 0;
    auto watch = [&] {
        most = std::max(most, pool->stats().in_flight.get());
        return all_here(answers);
    };
    pool.await(pool.until(watch));
    CHECK(most == 3);

    settings.pipeline_depth = 1;
    pool_fixture lone(settings);
    learn(lone, echo, {"0", "0"});
    await_all(lone, start(lone, 10, "0"));
    CHECK(lone->stats().pipelined.get() == 0);
}

TEST_CASE("postgres pipeline: an error in the middle is its query's alone", "[integration]") {
    pool_fixture pool(sharing_settings());
    learn(pool, quotient, {"1"});

    std::vector<pending> answers;
    for (const char* by : {"1", "0", "2", "x", "5", "99999999999", "10", "0"}) answers.push_back(pool.start_asking_as(quotient, {by}));
    answers.push_back(pool.start_asking_as(quotient, {std::string("1\0", 2)}));
    answers.push_back(pool.start_asking_as(quotient, {"20"}));
    await_all(pool, answers);

    CHECK((**answers[0]).value() == "100");
    CHECK((**answers[1]).result.error().sqlstate == "22012");
    CHECK((**answers[2]).value() == "50");
    CHECK((**answers[3]).code() == errc::invalid_parameter);
    CHECK((**answers[4]).value() == "20");
    CHECK((**answers[5]).code() == errc::invalid_parameter);
    CHECK((**answers[6]).value() == "10");
    CHECK((**answers[7]).code() == errc::server_error);
    CHECK((**answers[8]).detail() == "a parameter holds a NUL byte");
    CHECK((**answers[9]).value() == "5");
    CHECK(pool->stats().connects.get() == 1);
    CHECK(pool->stats().pipelined.get() == 8);   // but the first, and the one that was never sent
}

TEST_CASE("postgres pipeline: a statement that is not known to be quick runs alone", "[integration]") {
    auto settings = sharing_settings();
    settings.quick_below = 20ms;
    pool_fixture pool(settings);

    await_all(pool, start(pool, 3, "0.1"));
    await_all(pool, start(pool, 3, "0"));

    CHECK(pool->stats().pipelined.get() == 0);
}

TEST_CASE("postgres pipeline: a slow query makes way for those behind it, and gets its answer all the same", "[integration]") {
    pool_fixture pool(sharing_settings(1, 300ms));
    learn(pool, echo, {"0", "0"});

    const auto slow = pool.start_asking_as(echo, {"slow", "1.5"});
    const auto behind = start(pool, 20, "0");
    pool.await(pool.until([&] { return all_here(behind) || slow->has_value(); }));

    CHECK_FALSE(slow->has_value());
    CHECK(all_here(behind));
    check_echoes(behind);
    await_all(pool, {slow});
    CHECK((**slow).value() == "slow");
    CHECK(pool->stats().made_way.get() == 1);
    CHECK(pool->stats().connects.get() == 1);
    CHECK(pool->stats().errors.get() == 0);

    await_all(pool, start(pool, 3, "0"));
    CHECK(pool->stats().made_way.get() == 1);
    CHECK(pool->stats().pipelined.get() == 20);   // its statement is slow for a while
}

TEST_CASE("postgres pipeline: those behind a slow query that has given rows move to other connections", "[integration]") {
    pool_fixture pool(sharing_settings(2, 300ms));
    learn(pool, echo, {"0", "0"});
    learn(pool, trickle, {"0"});

    // One on each connection, so that what comes then joins one of them.
    const auto slow = pool.start_asking_as(trickle, {"2"});
    const auto other = pool.start_asking_as(echo, {"other", "0.01"});
    const auto behind = start(pool, 20, "0");
    pool.await(pool.until([&] { return all_here(behind) || slow->has_value(); }));

    CHECK_FALSE(slow->has_value());
    check_echoes(behind);
    await_all(pool, {slow, other});
    CHECK((**slow).ok());
    CHECK((**slow).kept.rows.size() == 3);
    CHECK(pool->stats().made_way.get() == 0);
}

TEST_CASE("postgres pipeline: the time limit of the query that runs cancels it alone", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    const auto pid = pool.run("SELECT pg_backend_pid()").value();

    const auto late = pool.start_asking_as(echo, {"late", "60"}, 100ms);
    const auto behind = start(pool, 20, "0");
    await_all(pool, behind);

    CHECK((**late).code() == errc::timed_out);
    CHECK((**late).detail() == "the time limit passed; the query was cancelled at the server");
    CHECK((**late).kept.announced == 0);
    check_echoes(behind);
    CHECK(running_queries(server) == 0);
    CHECK(pool.run("SELECT pg_backend_pid()").value() == pid);
    CHECK(pool->stats().timeouts.get() == 1);
    CHECK(pool->stats().pipelined.get() == 20);
}

TEST_CASE("postgres pipeline: who waits behind others past its time limit is told so at once", "[integration]") {
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});

    const auto first = pool.start_asking_as(echo, {"first", "1"});
    const auto late = pool.start_asking_as(echo, {"late", "0"}, 50ms);
    const auto last = pool.start_asking_as(echo, {"last", "0"});
    pool.await(pool.until([&] { return late->has_value() || first->has_value(); }));

    CHECK_FALSE(first->has_value());
    REQUIRE(late->has_value());
    CHECK((**late).code() == errc::timed_out);
    CHECK((**late).detail() == "the queries before it on its connection took too long");
    await_all(pool, {first, last});
    CHECK((**first).value() == "first");
    CHECK((**last).value() == "last");
    CHECK((**late).kept.rows.empty());
    CHECK(pool->stats().cancels.get() == 0);
}

TEST_CASE("postgres pipeline: callers that are cancelled leave alone, whether their queries run or wait", "[integration]") {
    auto& server = postgres_server::shared();
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    asio::cancellation_signal first_gives_up;
    asio::cancellation_signal third_gives_up;

    const auto first = pool.start_asking_as(echo, {"first", "60"}, 60s, SIZE_MAX, first_gives_up.slot());
    const auto second = pool.start_asking_as(echo, {"second", "0"});
    const auto third = pool.start_asking_as(echo, {"third", "60"}, 60s, SIZE_MAX, third_gives_up.slot());
    const auto fourth = pool.start_asking_as(echo, {"fourth", "0"});
    pool.await(pool.until([&] { return pool->stats().in_flight.get() == 4 && running_queries(server) == 1; }));
    third_gives_up.emit(asio::cancellation_type::terminal);
    pool.await(pool.until([&] { return third->has_value(); }));
    CHECK((**third).code() == errc::cancelled);
    CHECK_FALSE(first->has_value());
    first_gives_up.emit(asio::cancellation_type::terminal);
    await_all(pool, {first, second});

    CHECK((**first).code() == errc::cancelled);
    CHECK((**second).value() == "second");
    // The third's goes on, and nobody wants it; unless the cancel request for the first was repeated and hit it.
    pool.await(pool.until([&] { return sleeping_queries(server) == 1 || fourth->has_value(); }));
    server.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'respgres' AND state = 'active'");
    await_all(pool, {fourth});
    CHECK((**fourth).value() == "fourth");
    CHECK(pool->stats().connects.get() == 1);
}

TEST_CASE("postgres pipeline: a query that nobody wants any more makes way, too", "[integration]") {
    pool_fixture pool(sharing_settings(1, 50ms));
    learn(pool, echo, {"0", "0"});
    asio::cancellation_signal gives_up;

    const auto first = pool.start_asking_as(echo, {"first", "0.04"});
    const auto second = pool.start_asking_as(echo, {"second", "60"}, 60s, SIZE_MAX, gives_up.slot());
    const auto third = pool.start_asking_as(echo, {"third", "0"});
    pool.await(pool.until([&] { return pool->stats().pipelined.get() == 2; }));
    gives_up.emit(asio::cancellation_type::terminal);
    await_all(pool, {first, second, third});

    CHECK((**second).code() == errc::cancelled);
    CHECK((**third).value() == "third");
}

TEST_CASE("postgres pipeline: a cancel request that is lost is repeated, also for a query that runs alone", "[integration]") {
    auto& server = postgres_server::shared();
    for (const std::uint32_t depth : {1u, 64u}) {
        INFO(depth);
        cancel_loser between(server.port());
        auto settings = sharing_settings();
        settings.url = "postgresql://postgres@127.0.0.1:" + std::to_string(between.port()) + "/postgres";
        settings.pipeline_depth = depth;
        pool_fixture pool(settings);
        learn(pool, echo, {"0", "0"});
        asio::cancellation_signal gives_up;

        const auto first = pool.start_asking_as(echo, {"first", "60"}, 60s, SIZE_MAX, gives_up.slot());
        const auto behind = pool.start_asking_as(echo, {"behind", "0"});
        pool.await(pool.until([&] { return sleeping_queries(server) == 1; }));
        gives_up.emit(asio::cancellation_type::terminal);
        await_all(pool, {first, behind});

        CHECK((**first).code() == errc::cancelled);
        CHECK((**behind).value() == "behind");
        CHECK(pool->stats().cancels.get() >= 2);
        CHECK(pool->stats().pipelined.get() == (depth > 1 ? 1 : 0));
        CHECK(pool->stats().connects.get() == 1);
    }
}

TEST_CASE("postgres pipeline: a cancel that comes too late for its query hits no other, as far as their callers see", "[integration]") {
    pool_fixture pool(sharing_settings());
    learn(pool, echo, {"0", "0"});
    int in_time = 0;

    // The query takes about 3 ms; the limit goes from well before that to well after.
    for (int i = 0; i < 200; ++i) {
        const auto first = pool.start_asking_as(echo, {"first", "0.003"}, 2'000us + i * 15us);
        const auto behind = start(pool, 3, "0.002");
        await_all(pool, {first});
        await_all(pool, behind);

        in_time += (**first).ok() ? 1 : 0;
        if (!(**first).ok()) REQUIRE((**first).code() == errc::timed_out);
        check_echoes(behind);
    }

    CHECK(in_time < 200);   // else this tested nothing
    CHECK(pool->stats().cancels.get() > 0);
    CHECK(pool->stats().pipelined.get() > 300);
    CHECK(pool->stats().connects.get() == 1);
}

TEST_CASE("postgres pipeline: a sink that wants no more ends its query alone", "[integration]") {
    pool_fixture pool(sharing_settings());
    learn(pool, series, {"1"});

    const auto first = pool.start_asking_as(series, {"3"});
    const auto endless = pool.start_asking_as(series, {"2000000000"}, 20s, 10);
    const auto limited = pool.start_asking_as(series, {"20"}, 20s, 10);
    const auto last = pool.start_asking_as(series, {"5"});
    await_all(pool, {first, endless, limited, last});

    CHECK((**first).kept.rows.size() == 3);
    CHECK((**endless).code() == errc::result_too_large);
    CHECK((**endless).kept.rows.size() == 10);
    CHECK((**limited).code() == errc::result_too_large);
    CHECK((**last).kept.rows.size() == 5);
    CHECK(pool->stats().connects.get() == 1);
    CHECK(pool->stats().pipelined.get() == 3);
}

TEST_CASE("postgres pipeline: a table that changes its columns is prepared again for all who wait", "[integration]") {
    auto& server = postgres_server::shared();
    server.execute("DROP TABLE IF EXISTS altered; CREATE TABLE altered (a int); INSERT INTO altered VALUES (7)");
    const respgres::postgres::statement read{"altered", "SELECT * FROM altered", {}};
    pool_fixture pool(sharing_settings());
    learn(pool, read, {});

    server.execute("ALTER TABLE altered ALTER a TYPE text, ADD b text DEFAULT 'new'");
    std::vector<pending> answers;
    for (int i = 0; i < 10; ++i) answers.push_back(pool.start_asking_as(read, {}));
    await_all(pool, answers);

    for (const auto& each : answers) {
        CHECK((**each).ok());
        CHECK((**each).kept.announced == 1);
        CHECK((**each).kept.rows.at(0) == std::vector<std::string>{"7", "new"});
    }
    CHECK(pool->stats().errors.get() == 0);
    CHECK(pool->stats().pipelined.get() >= 9);
}

TEST_CASE("postgres pipeline: every query is told the answer to the pool's question first", "[integration]") {
    class listener final : public respgres::postgres::row_sink {
    public:
        void on_session(std::string_view answer) override { told.assign(answer); }
        void on_columns(std::span<const respgres::postgres::column>) override { told += ", then columns"; }
        bool on_row(respgres::postgres::row_view) override { return true; }
        std::string told;
    };
    auto settings = sharing_settings();
    settings.question = "SELECT 'the answer'";
    pool_fixture pool(settings);
    learn(pool, series, {"1"});
    const std::vector<std::string_view> one{"1"};
    listener sinks[3];
    int open = 3;

    for (auto& sink : sinks) {
        auto ended = [&](std::exception_ptr, auto) { --open; };
        asio::co_spawn(pool.context(), pool->run(series, one, sink, clock::now() + 20s), ended);
    }
    pool.await(pool.until([&] { return open == 0; }));

    for (const auto& sink : sinks) CHECK(sink.told == "the answer, then columns");
    CHECK(pool->stats().pipelined.get() == 2);
}
