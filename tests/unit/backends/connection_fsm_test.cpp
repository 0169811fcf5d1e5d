#include "backends/connection_fsm.hpp"

#include <catch2/catch.hpp>

using respgres::backends::connection_fsm;
using namespace std::chrono_literals;

namespace {

using event = connection_fsm::event;

const connection_fsm::time_point t0{};

struct machine {
    connection_fsm fsm{connection_fsm::settings{2s, 1s}};

    connection_fsm::action resume(event what, connection_fsm::time_point now = t0) { return fsm.resume(what, false, now, 0.0); }
};

connection_fsm::time_point limit_of(const connection_fsm::action& action) {
    return std::get<connection_fsm::open>(action).limit;
}

connection_fsm::time_point end_of_rest(const connection_fsm::action& action) {
    return std::get<connection_fsm::rest>(action).until;
}

}  // namespace

TEST_CASE("connection_fsm: opens within its limit, then serves", "[backends]") {
    machine m;

    CHECK(limit_of(m.resume(event::started, t0 + 1s)) == t0 + 3s);
    CHECK(std::holds_alternative<connection_fsm::serve>(m.resume(event::connected)));
}

TEST_CASE("connection_fsm: rests longer after each failure up to the maximum, and tries again after each rest", "[backends]") {
    machine m;
    m.resume(event::started);
    std::chrono::milliseconds expected = 5ms;   // half of 10 ms; the other half is chance

    for (int i = 0; i < 12; ++i) {
        CHECK(end_of_rest(m.resume(event::connect_failed)) == t0 + expected);
        CHECK(limit_of(m.resume(event::rested)) == t0 + 2s);
        expected = std::min(expected * 2, std::chrono::milliseconds(500));
    }
}

TEST_CASE("connection_fsm: replaces at once a connection that lived, and forgets the failures before it", "[backends]") {
    machine m;
    m.resume(event::started);
    for (int i = 0; i < 5; ++i) m.resume(event::connect_failed);
    m.resume(event::connected);

    CHECK(limit_of(m.resume(event::broken, t0 + 1s)) == t0 + 3s);
    CHECK(end_of_rest(m.resume(event::connect_failed)) == t0 + 5ms);
}

TEST_CASE("connection_fsm: a connection that breaks as soon as it was made counts as a failure", "[backends]") {
    machine m;
    m.resume(event::started);

    for (const auto rest : {5ms, 10ms, 20ms}) {
        m.resume(event::connected);
        CHECK(end_of_rest(m.resume(event::broken, t0 + 999ms)) == t0 + 999ms + rest);
        m.resume(event::rested);
    }
}

TEST_CASE("connection_fsm: finishes in every state once it shall stop", "[backends]") {
    for (const auto what : {event::started, event::connected, event::connect_failed, event::broken, event::rested}) {
        machine m;
        m.resume(event::started);

        CHECK(std::holds_alternative<connection_fsm::finish>(m.fsm.resume(what, true, t0, 0.5)));
    }
}
