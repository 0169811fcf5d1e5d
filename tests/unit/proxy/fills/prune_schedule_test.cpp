#include "proxy/fills/prune_schedule.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;
using namespace std::chrono_literals;

namespace {

const auto t0 = prune_schedule::time_point(1'000s);
constexpr prune_schedule::pace pace{100ms, 10s};

}  // namespace

TEST_CASE("prune_schedule: one step at a time through all registries, then a pause until the next pass", "[leader]") {
    prune_schedule schedule(2, pace);
    auto now = t0;
    struct row {
        std::size_t registry;
        std::string cursor;
        std::string next;
    };
    for (const auto& each : std::vector<row>{{0, "0", "17"}, {0, "17", "0"}, {1, "0", "0"}}) {
        const auto step = schedule.due(now);
        REQUIRE(step);
        CHECK(step->registry == each.registry);
        CHECK(step->cursor == each.cursor);
        schedule.on_step(each.next, now);
        CHECK_FALSE(schedule.due(now + 99ms));
        now += 100ms;
    }
    CHECK_FALSE(schedule.due(now));
    CHECK_FALSE(schedule.due(t0 + 9'999ms));
    const auto again = schedule.due(t0 + 10s);
    REQUIRE(again);
    CHECK(again->registry == 0);
}

TEST_CASE("prune_schedule: a pass that takes longer than its time is followed by the next at once", "[leader]") {
    prune_schedule schedule(1, pace);
    schedule.on_step("17", t0);
    schedule.on_step("0", t0 + 20s);
    CHECK_FALSE(schedule.due(t0 + 20s + 99ms));
    CHECK(schedule.due(t0 + 20s + 100ms));
}

TEST_CASE("prune_schedule: without registries there is nothing to do, and a step that failed is due again", "[leader]") {
    CHECK_FALSE(prune_schedule(0, pace).due(t0));
    prune_schedule schedule(2, pace);
    schedule.on_step("0", t0);
    schedule.on_step("17", t0 + 100ms);
    CHECK(schedule.due(t0 + 200ms)->cursor == "17");
    CHECK(schedule.due(t0 + 300ms)->cursor == "17");
    schedule.restart();
    CHECK(schedule.due(t0 + 300ms)->registry == 1);
    CHECK(schedule.due(t0 + 300ms)->cursor == "0");
}
