#include "backends/postgres/pipeline_order.hpp"

#include "backends/postgres/failures.hpp"

#include <catch2/catch.hpp>

#include <deque>

using namespace respgres::postgres;
using namespace std::chrono_literals;
using respgres::backends::errc;
using end = pipeline_order::end;

namespace {

const pipeline_order::time_point t0{};
const statement any{"any", "SELECT 1", {}};

failure error(errc code, std::string sqlstate) {
    return {code, "words", std::move(sqlstate)};
}

const failure canceled = error(errc::timed_out, "57014");
const failure connection_gone = error(errc::connection_lost, "");

// A pipeline with some queries in it, the time limit of each an hour off.
struct piped {
    explicit piped(std::size_t count, bool has_others = false) : order(settings_with(has_others)) {
        for (std::size_t i = 0; i < count; ++i) add(t0 + 1h);
    }

    static pipeline_order::settings settings_with(bool has_others) {
        pipeline_order::settings limits;
        limits.has_others = has_others;
        return limits;
    }

    piped_query& add(pipeline_order::time_point deadline) {
        auto& query = queries.emplace_back(any, deadline);
        order.sent(query, t0);
        return query;
    }

    // Of the next action.
    template <class Action>
    bool next_is(pipeline_order::time_point now) {
        return std::holds_alternative<Action>(order.due(now));
    }
    bool is_cancelled(pipeline_order::time_point now) { return next_is<pipeline_order::cancel>(now); }
    bool waits(pipeline_order::time_point now) { return next_is<pipeline_order::wait>(now); }

    pipeline_order order;
    std::deque<piped_query> queries;
};

errc code_of(const pipeline_order::ending& ended) {
    return static_cast<errc>(ended.why.code.value());
}

}  // namespace

TEST_CASE("pipeline_order: results belong to the queries in the order in which they were sent", "[backends]") {
    piped p(3);

    for (auto& query : p.queries) {
        CHECK(p.order.reader() == &query);
        CHECK(p.order.streams());
        p.order.complete();
        const auto ended = p.order.synced(t0 + 1ms);
        REQUIRE(ended);
        CHECK(ended->query == &query);
        CHECK(ended->how == end::answered);
    }
    CHECK(p.order.is_empty());
    CHECK(p.order.takes_more());
}

TEST_CASE("pipeline_order: an error is its query's alone", "[backends]") {
    piped p(2);

    p.order.failed(error(errc::server_error, "22012"));
    CHECK(p.order.reader() == nullptr);
    const auto first = p.order.synced(t0);
    const auto second = p.order.synced(t0);

    CHECK(first->how == end::failed);
    CHECK(first->why.sqlstate == "22012");
    CHECK(second->how == end::answered);
}

TEST_CASE("pipeline_order: each query took the time since the one before it ended", "[backends]") {
    piped p(2);

    CHECK(p.order.synced(t0 + 3ms)->took == 3ms);
    CHECK(p.order.synced(t0 + 5ms)->took == 2ms);
    p.order.sent(p.queries[0], t0 + 1s);
    CHECK(p.order.synced(t0 + 1s + 1ms)->took == 1ms);
}

TEST_CASE("pipeline_order: a statement that must be prepared again is run again, once its sink was called it is not", "[backends]") {
    piped p(3);

    p.order.failed(error(errc::server_error, "0A000"));
    CHECK(p.order.synced(t0)->how == end::runs_alone);
    p.order.failed(error(errc::server_error, "26000"));
    CHECK(p.order.synced(t0)->how == end::runs_alone);
    p.queries[2].touched = true;
    p.order.failed(error(errc::server_error, "0A000"));
    CHECK(p.order.synced(t0)->how == end::failed);
}

TEST_CASE("pipeline_order: a connection that PostgreSQL has lost to another server is lost for its query alone", "[backends]") {
    piped p(2);
    p.order.failed(error(errc::connection_lost, "08006"));
    CHECK(p.order.synced(t0)->how == end::lost);
    CHECK(p.order.synced(t0)->how == end::answered);
}

TEST_CASE("pipeline_order: what libpq says was aborted with another is run again", "[backends]") {
    piped p(1);

    p.order.aborted();

    CHECK(p.order.synced(t0)->how == end::runs_alone);
}

TEST_CASE("pipeline_order: a head with followers makes way after 50 ms, and is run again alone", "[backends]") {
    piped p(2);
    CHECK(p.order.next_look(t0) == t0 + 50ms);
    CHECK(p.waits(t0 + 49ms));
    CHECK(p.order.takes_more());

    REQUIRE(p.is_cancelled(t0 + 50ms));
    CHECK_FALSE(p.order.takes_more());
    CHECK_FALSE(p.order.streams());
    CHECK(p.order.reader() == nullptr);   // rows that come now must not touch its sink
    p.order.failed(canceled);
    const auto first = p.order.synced(t0 + 51ms);
    const auto second = p.order.synced(t0 + 52ms);

    CHECK(first->how == end::runs_alone);
    CHECK(first->took == 51ms);
    CHECK(second->how == end::answered);
    CHECK(p.order.is_cancelled());   // until it is settled
    p.order.settled();
    CHECK(p.order.takes_more());
}

TEST_CASE("pipeline_order: a head that makes way keeps an error of its own, and is run again if the cancel came too late", "[backends]") {
    piped p(3);

    REQUIRE(p.is_cancelled(t0 + 50ms));
    p.order.failed(error(errc::server_error, "22012"));
    CHECK(p.order.synced(t0 + 51ms)->how == end::failed);
    REQUIRE(p.is_cancelled(t0 + 101ms));
    p.order.complete();
    CHECK(p.order.synced(t0 + 102ms)->how == end::runs_alone);
}

TEST_CASE("pipeline_order: a slow head without followers goes on, and nobody joins it", "[backends]") {
    piped p(1);

    CHECK(p.waits(t0 + 50ms));
    CHECK_FALSE(p.order.takes_more());
    CHECK(p.order.next_look(t0 + 50ms) == p.queries[0].deadline);
    CHECK(p.order.synced(t0 + 1min)->how == end::answered);
}

TEST_CASE("pipeline_order: a head that waits for its sync is not cancelled", "[backends]") {
    piped p(2);
    p.order.complete();

    CHECK(p.waits(t0 + 50ms));

    CHECK(p.order.synced(t0 + 60ms)->how == end::answered);
}

TEST_CASE("pipeline_order: a slow head whose sink was called goes on, its followers move if they have where to go", "[backends]") {
    piped alone(3);
    alone.queries[0].touched = true;
    CHECK(alone.waits(t0 + 50ms));
    CHECK_FALSE(alone.order.takes_more());

    piped p(3, true);
    p.queries[0].touched = true;
    const auto last = std::get<pipeline_order::ending>(p.order.due(t0 + 50ms));
    const auto middle = std::get<pipeline_order::ending>(p.order.due(t0 + 50ms));

    CHECK(last.how == end::moves);
    CHECK(last.query == &p.queries[2]);
    CHECK(middle.query == &p.queries[1]);
    CHECK(p.waits(t0 + 50ms));
    CHECK_FALSE(p.order.takes_more());
    CHECK(p.order.synced(t0 + 1s)->query == &p.queries[0]);
    CHECK_FALSE(p.order.synced(t0 + 1s));   // of nobody
    CHECK_FALSE(p.order.synced(t0 + 1s));
    CHECK_FALSE(p.order.is_cancelled());
}

TEST_CASE("pipeline_order: a cancel request that did nothing is repeated every 100 ms, then the connection is closed", "[backends]") {
    piped p(1);
    p.queries[0].deadline = t0 + 10ms;
    p.order.sent(p.queries[0], t0);   // now the second
    p.order.synced(t0);
    const auto began = t0 + 10ms;

    REQUIRE(p.is_cancelled(began));
    CHECK(p.order.next_look(began) == began + 100ms);
    CHECK(p.waits(began + 99ms));
    for (auto now = began + 100ms; now < began + 1s; now += 100ms) CHECK(p.is_cancelled(now));

    REQUIRE(p.next_is<pipeline_order::close>(began + 1s));
    const auto lost = p.order.lost(error(errc::connection_lost, ""));
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].how == end::failed);
    CHECK(code_of(lost[0]) == errc::timed_out);
    CHECK(lost[0].why.detail == "words");   // those of the one who closed it
}

TEST_CASE("pipeline_order: a follower past its time limit ends at once, the head when the server has cancelled it", "[backends]") {
    piped p(0);
    p.add(t0 + 20ms);
    p.add(t0 + 30ms);
    p.add(t0 + 10ms);
    p.add(t0 + 40ms);
    CHECK(p.order.next_look(t0) == t0 + 10ms);

    const auto third = std::get<pipeline_order::ending>(p.order.due(t0 + 10ms));
    CHECK(third.query == &p.queries[2]);
    CHECK(third.how == end::failed);
    CHECK(code_of(third) == errc::timed_out);
    CHECK(p.waits(t0 + 10ms));
    CHECK(p.order.next_look(t0 + 10ms) == t0 + 20ms);

    REQUIRE(p.is_cancelled(t0 + 20ms));
    p.order.failed(canceled);
    const auto first = p.order.synced(t0 + 21ms);
    CHECK(first->how == end::failed);
    CHECK(first->why.detail == "the time limit passed; the query was cancelled at the server");

    CHECK(p.order.synced(t0 + 22ms)->query == &p.queries[1]);
    CHECK(p.order.reader() == nullptr);   // the third's rows are nobody's
    CHECK_FALSE(p.order.synced(t0 + 23ms));
    CHECK(p.order.synced(t0 + 24ms)->query == &p.queries[3]);
}

TEST_CASE("pipeline_order: a query that nobody wants any more is cancelled when it becomes a slow head", "[backends]") {
    piped p(2);
    std::optional<pipeline_order::ending> ended;
    REQUIRE(p.order.give_up(p.queries[1], ended));
    CHECK(ended->query == &p.queries[1]);
    CHECK(code_of(*ended) == errc::cancelled);

    p.order.synced(t0);

    CHECK(p.waits(t0 + 49ms));
    CHECK(p.is_cancelled(t0 + 50ms));
    CHECK_FALSE(p.order.synced(t0 + 51ms));
}

TEST_CASE("pipeline_order: who was cancelled for another is run again, but only after a cancel request", "[backends]") {
    piped p(3);
    p.order.failed(canceled);   // statement_timeout
    CHECK(p.order.synced(t0)->how == end::failed);

    std::optional<pipeline_order::ending> ended;
    REQUIRE(p.order.give_up(p.queries[1], ended));
    CHECK_FALSE(ended);
    REQUIRE(p.is_cancelled(t0));
    p.order.complete();   // the request came too late
    CHECK(code_of(*p.order.synced(t0)) == errc::cancelled);
    p.order.failed(canceled);
    const auto next = p.order.synced(t0);

    CHECK(next->how == end::runs_alone);
    CHECK(next->query == &p.queries[2]);
    std::optional<pipeline_order::ending> none;
    CHECK_FALSE(p.order.give_up(p.queries[2], none));
}

TEST_CASE("pipeline_order: a cancel that hits between the last row of another query and its sync does it no harm", "[backends]") {
    piped p(2);
    std::optional<pipeline_order::ending> ended;
    p.order.give_up(p.queries[0], ended);
    REQUIRE(p.is_cancelled(t0));
    p.order.complete();
    p.order.synced(t0);

    p.order.complete();
    p.queries[1].touched = true;
    p.order.failed(canceled);

    CHECK(p.order.synced(t0)->how == end::answered);
}

TEST_CASE("pipeline_order: a head whose sink wants no more is cancelled and has failed, however it ends", "[backends]") {
    piped p(2);
    p.queries[0].touched = true;

    p.order.refuse();

    REQUIRE(p.is_cancelled(t0));
    CHECK(p.order.reader() == nullptr);
    p.order.complete();
    const auto first = p.order.synced(t0);
    CHECK(first->how == end::failed);
    CHECK(code_of(*first) == errc::result_too_large);
}

TEST_CASE("pipeline_order: when all give up, followers end at once and each head is cancelled", "[backends]") {
    piped p(3);

    const auto ended = p.order.give_up_all();

    REQUIRE(ended.size() == 2);
    CHECK(ended[0].query == &p.queries[1]);
    CHECK(ended[1].query == &p.queries[2]);
    REQUIRE(p.is_cancelled(t0));
    CHECK(code_of(*p.order.synced(t0)) == errc::cancelled);
    REQUIRE(p.is_cancelled(t0));
    CHECK_FALSE(p.order.synced(t0));
    REQUIRE(p.is_cancelled(t0));
    CHECK_FALSE(p.order.synced(t0));
    CHECK(p.order.is_empty());
}

TEST_CASE("pipeline_order: of a lost connection, untouched queries may be run again, last first, and the others fail", "[backends]") {
    piped p(5);
    p.order.synced(t0);
    p.queries[1].touched = true;
    std::optional<pipeline_order::ending> ended;
    p.order.give_up(p.queries[3], ended);
    p.order.failed(error(errc::connection_lost, "57P01"));

    const auto lost = p.order.lost(connection_gone);

    REQUIRE(lost.size() == 3);
    CHECK(lost[0].query == &p.queries[4]);
    CHECK(lost[0].how == end::lost);
    CHECK(lost[1].query == &p.queries[2]);
    CHECK(lost[1].how == end::lost);
    CHECK(lost[2].query == &p.queries[1]);
    CHECK(lost[2].how == end::failed);
    for (const auto& each : lost) CHECK(each.why.sqlstate == "57P01");   // the server's words, not libpq's
    CHECK(p.order.is_empty());
}

TEST_CASE("pipeline_order: an error that came before the connection was lost stands", "[backends]") {
    piped p(2);
    p.order.failed(error(errc::server_error, "22012"));

    const auto lost = p.order.lost(connection_gone);

    CHECK(lost[1].how == end::failed);
    CHECK(lost[1].why.sqlstate == "22012");
    CHECK(lost[0].how == end::lost);
}

TEST_CASE("pipeline_order: who makes way when the connection is lost is run again, who had all rows has its answer", "[backends]") {
    piped p(2);
    REQUIRE(p.is_cancelled(t0 + 50ms));
    p.order.failed(canceled);
    const auto lost = p.order.lost(connection_gone);
    CHECK(lost[1].how == end::runs_alone);
    CHECK(lost[0].how == end::lost);

    piped whole(1);
    whole.queries[0].touched = true;
    whole.order.complete();
    CHECK(whole.order.lost(connection_gone)[0].how == end::answered);
}

TEST_CASE("pipeline_order: forgets who waits", "[backends]") {
    piped p(2);
    CHECK(p.order.forget() == std::vector<piped_query*>{&p.queries[0], &p.queries[1]});
    CHECK(p.order.is_empty());
    CHECK(p.waits(t0 + 1h));
    CHECK(p.order.next_look(t0) == pipeline_order::never);
}
