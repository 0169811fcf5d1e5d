#include "proxy/freshness/server_clock.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;
using change_stream::timestamp;

namespace {

using ours = server_clock::time_point;

const ours t0 = ours(1'000s);
const timestamp p0 = timestamp(5'000s);

}  // namespace

TEST_CASE("server_clock: a moment of the server's is at least as early as its answer allows", "[freshness]") {
    server_clock clock;
    CHECK_FALSE(clock.offset_at(t0));
    clock.add(t0, p0, t0 + 10ms);
    // It said p0 no earlier than t0.
    CHECK(*clock.offset_at(t0 + 10ms) == t0.time_since_epoch() - p0.time_since_epoch());
    // A second later our clock may have run ahead of it by a two thousandth.
    CHECK(*clock.offset_at(t0 + 1010ms) == t0.time_since_epoch() - p0.time_since_epoch() - 500us);
}

TEST_CASE("server_clock: the tightest of several samples counts", "[freshness]") {
    server_clock clock;
    clock.add(t0, p0 + 8ms, t0 + 10ms);  // it answered late in the interval: p0 was 8 ms earlier than this sample can tell
    const auto loose = *clock.offset_at(t0 + 20ms);
    clock.add(t0 + 20ms, p0 + 20ms, t0 + 21ms);
    CHECK(*clock.offset_at(t0 + 21ms) > loose);
    CHECK(*clock.offset_at(t0 + 21ms) == t0.time_since_epoch() - p0.time_since_epoch());
    clock.add(t0 + 30ms, p0 + 35ms, t0 + 40ms);  // says less than is known already
    CHECK(*clock.offset_at(t0 + 40ms) > t0.time_since_epoch() - p0.time_since_epoch() - 1ms);
}

TEST_CASE("server_clock: steps of the server's clock are noticed", "[freshness]") {
    server_clock clock;
    clock.add(t0, p0, t0 + 1ms);
    clock.add(t0 + 1s, p0 + 11s, t0 + 1001ms);   // set forward by ten seconds
    CHECK(*clock.offset_at(t0 + 1001ms) == t0.time_since_epoch() - p0.time_since_epoch() - 10s);
    clock.add(t0 + 2s, p0 + 2s, t0 + 2001ms);    // and back
    CHECK(*clock.offset_at(t0 + 2001ms) == t0.time_since_epoch() - p0.time_since_epoch());
}

TEST_CASE("shared_clock: gives what was measured, with the drift of two seconds taken off", "[freshness]") {
    server_clock clock;
    shared_clock shared;
    shared.publish(clock, t0);
    CHECK_FALSE(shared.earliest(p0));
    clock.add(t0, p0, t0);
    shared.publish(clock, t0);
    CHECK(*shared.earliest(p0 + 7s) == t0 + 7s - 1ms);
}
