#include "proxy/fills/batch_planner.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>
#include <vector>

using respgres::proxy::batch_planner;
using namespace std::chrono_literals;

namespace {

const auto start = batch_planner::clock::time_point{} + 1h;
constexpr std::size_t any = 1'000'000;

batch_planner planner_of(std::size_t max_keys, std::size_t max_in_flight, batch_planner::nanoseconds window = 0ns) {
    return batch_planner({max_keys, max_in_flight, window, 1s});
}

// Lets one key come, go and be answered, so that what a key costs is known.
void learn(batch_planner& plan, batch_planner::nanoseconds cost) {
    plan.arrive(start);
    REQUIRE(plan.leave(start, 1) == 1);
    plan.answered(1, cost);
}

}  // namespace

TEST_CASE("batch_planner: a lone key leaves at once", "[fills]") {
    batch_planner plan = planner_of(64, 4);
    CHECK(plan.leave(start, any) == 0);
    plan.arrive(start);
    CHECK(plan.leave(start, any) == 1);
    CHECK(plan.leave(start, any) == 0);
    CHECK(plan.in_flight() == 1);
    CHECK_FALSE(plan.next_look());
}

TEST_CASE("batch_planner: keys that come together leave together, as many as are allowed", "[fills]") {
    batch_planner plan = planner_of(64, 4);
    learn(plan, 100us);
    for (int i = 0; i < 150; ++i) plan.arrive(start);
    CHECK(plan.leave(start, any) == 64);
    CHECK(plan.leave(start, any) == 64);
    CHECK(plan.leave(start, any) == 22);
    CHECK(plan.leave(start, any) == 0);
}

TEST_CASE("batch_planner: before it is known what a key costs, and while the batch's form is not known, keys leave alone", "[fills]") {
    batch_planner plan = planner_of(64, 2);
    for (int i = 0; i < 5; ++i) plan.arrive(start);
    CHECK(plan.leave(start, any) == 1);
    plan.answered(1, 1ms);
    CHECK(plan.leave(start, 1) == 1);
    CHECK(plan.leave(start, any) == 3);
}

TEST_CASE("batch_planner: while as many queries are under way as may be, keys gather, and leave when one is answered", "[fills]") {
    batch_planner plan = planner_of(64, 1);
    learn(plan, 100us);
    plan.arrive(start);
    CHECK(plan.leave(start, any) == 1);
    for (int i = 0; i < 10; ++i) plan.arrive(start + 1ms);
    CHECK(plan.leave(start + 2ms, any) == 0);
    plan.answered(1, 100us);
    CHECK(plan.leave(start + 3ms, any) == 10);
}

TEST_CASE("batch_planner: slow keys are few in a query, so that they are asked for beside each other", "[fills]") {
    batch_planner plan = planner_of(64, 3);
    learn(plan, 5ms);
    for (int i = 0; i < 20; ++i) plan.arrive(start);
    CHECK(plan.leave(start, any) == 4);   // 20 ms in all
    plan.answered(4, 4s);
    CHECK(plan.leave(start, any) == 1);
}

TEST_CASE("batch_planner: what was slow once is batched again soon after it is quick", "[fills]") {
    batch_planner plan = planner_of(64, 1);
    learn(plan, 2s);
    int queries = 0;
    for (std::size_t last = 0; last < 64; ++queries) {
        REQUIRE(queries < 30);
        for (int i = 0; i < 64; ++i) plan.arrive(start);
        last = plan.leave(start, any);
        plan.answered(last, last * 50us);
    }
}

TEST_CASE("batch_planner: with a window a key waits for others, until there are enough or the window has passed", "[fills]") {
    batch_planner plan = planner_of(3, 4, 10ms);
    learn(plan, 100us);
    plan.arrive(start);
    CHECK(plan.leave(start + 9ms, any) == 0);
    CHECK(plan.next_look() == start + 10ms);
    plan.arrive(start + 9ms);
    CHECK(plan.leave(start + 10ms, any) == 2);
    for (int i = 0; i < 4; ++i) plan.arrive(start + 20ms);
    CHECK(plan.leave(start + 20ms, any) == 3);
    CHECK(plan.leave(start + 20ms, any) == 0);
    CHECK(plan.next_look() == start + 30ms);
}

TEST_CASE("batch_planner: a key that waited for as long as it may is given up", "[fills]") {
    batch_planner plan = planner_of(64, 1);
    plan.arrive(start);
    CHECK(plan.leave(start, any) == 1);
    plan.arrive(start + 1ms);
    plan.arrive(start + 2ms);
    CHECK(plan.next_look() == start + 1ms + 1s);
    CHECK(plan.give_up(start + 1s) == 0);
    CHECK(plan.give_up(start + 1ms + 1s) == 1);
    CHECK(plan.waiting() == 1);
}

TEST_CASE("batch_planner: a batch that is run again for each key holds the others back until these are answered", "[fills]") {
    batch_planner plan = planner_of(64, 2);
    learn(plan, 100us);
    for (int i = 0; i < 5; ++i) plan.arrive(start);
    CHECK(plan.leave(start, any) == 5);
    plan.split(5);
    plan.arrive(start);
    for (int i = 0; i < 3; ++i) {
        CHECK(plan.leave(start, any) == 0);
        plan.answered(1, 100us);
    }
    CHECK(plan.leave(start, any) == 0);
    plan.answered(1, 100us);
    CHECK(plan.leave(start, any) == 1);
}

TEST_CASE("batch_planner: whatever happens, every key leaves once, in order, within the limits, and none waits while it could leave",
          "[fills]") {
    std::minstd_rand random(20261123);
    for (int round = 0; round < 200; ++round) {
        const std::size_t max_keys = 1 + random() % 80;
        const std::size_t max_in_flight = 1 + random() % 4;
        batch_planner plan({max_keys, max_in_flight, 0ns, 1h});
        std::deque<std::size_t> flying;
        std::size_t came = 0, left = 0;
        auto now = start;
        for (int step = 0; step < 500; ++step) {
            now += std::chrono::microseconds(random() % 500);
            for (std::size_t n = random() % 5 == 0 ? random() % 100 : random() % 3; n > 0; --n, ++came) plan.arrive(now);
            while (const std::size_t keys = plan.leave(now, any)) {
                REQUIRE(keys <= max_keys);
                flying.push_back(keys);
                left += keys;
            }
            REQUIRE(flying.size() <= max_in_flight);
            REQUIRE(flying.size() == plan.in_flight());
            REQUIRE(plan.waiting() == came - left);
            REQUIRE((plan.waiting() == 0 || flying.size() == max_in_flight));
            if (flying.empty() || random() % 2 == 0) continue;
            plan.answered(flying.front(), std::chrono::microseconds(random() % 20'000));
            flying.pop_front();
        }
        while (plan.waiting() > 0 || !flying.empty()) {
            while (const std::size_t keys = plan.leave(now, any)) {
                flying.push_back(keys);
                left += keys;
            }
            REQUIRE_FALSE(flying.empty());
            plan.answered(flying.front(), 1us);
            flying.pop_front();
        }
        REQUIRE(left == came);
    }
}
