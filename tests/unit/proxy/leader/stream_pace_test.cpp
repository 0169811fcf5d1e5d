#include "proxy/leader/stream_pace.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace respgres::proxy;
using namespace std::chrono_literals;
using time_point = stream_pace::time_point;

constexpr stream_pace::settings settings{5'000, 750us};
const time_point start{1h};

// Looks once a millisecond for `length`, and finds `came` each time. Returns when the next look would have been.
time_point look(stream_pace& pace, std::size_t came, time_point from, std::chrono::milliseconds length) {
    time_point at = from;
    for (; at < from + length; at += 1ms) pace.on_look(came, at);
    return at;
}

}  // namespace

TEST_CASE("stream_pace: few transactions are looked at when they come", "[leader]") {
    stream_pace pace(settings);

    look(pace, 4, start, 100ms);

    CHECK_FALSE(pace.next_look());
}

TEST_CASE("stream_pace: while many come, looks are some time apart", "[leader]") {
    stream_pace pace(settings);

    const auto end = look(pace, 6, start, 100ms);

    REQUIRE(pace.next_look());
    CHECK(*pace.next_look() == end - 1ms + 750us);
}

TEST_CASE("stream_pace: transactions of the same moment are not many", "[leader]") {
    stream_pace pace(settings);
    look(pace, 0, start, 20ms);

    for (int i = 0; i < 10; ++i) {
        pace.on_look(20, start + 20ms + i * 10ms);
        CHECK_FALSE(pace.next_look());
        look(pace, 0, start + 21ms + i * 10ms, 9ms);
        CHECK_FALSE(pace.next_look());
    }
}

TEST_CASE("stream_pace: after a look that finds nothing, the next is due when something comes", "[leader]") {
    stream_pace pace(settings);
    const auto at = look(pace, 6, start, 100ms);

    pace.on_look(0, at);
    CHECK_FALSE(pace.next_look());

    pace.on_look(6, at + 4ms);   // a server that was kept from running
    CHECK(pace.next_look());
}

TEST_CASE("stream_pace: it ends when what came was not so much any more", "[leader]") {
    stream_pace pace(settings);
    auto at = look(pace, 6, start, 100ms);

    SECTION("few") {
        at = look(pace, 4, at, 10ms);
        CHECK(pace.next_look());   // 6 in the window's first look
        look(pace, 4, at, 11ms);
        CHECK_FALSE(pace.next_look());
    }
    SECTION("a long time without a look") {
        pace.on_look(100, at + 1s);
        CHECK_FALSE(pace.next_look());
    }
}

TEST_CASE("stream_pace: a new term begins without a past", "[leader]") {
    stream_pace pace(settings);
    const auto at = look(pace, 6, start, 100ms);

    pace.restart();
    pace.on_look(1, at);

    CHECK_FALSE(pace.next_look());
}
