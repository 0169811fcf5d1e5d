#include "backends/redis/pending_queue.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>

namespace respgres::redis {

TEST_CASE("pending_queue: hands out its entries in the order in which they came, whatever its size was when it wrapped around",
          "[backends]") {
    // 64 is the first size: grow with the front at each place of the ring.
    for (std::uint64_t moved = 0; moved < 130; ++moved) {
        pending_queue<int> queue;
        for (std::uint64_t i = 0; i < moved; ++i) {
            queue.push({nullptr, i, 0, 1});
            queue.pop();
        }
        REQUIRE(queue.empty());
        for (std::uint64_t i = 0; i < 300; ++i) queue.push({nullptr, i, 10 * i, 2});
        REQUIRE(queue.size() == 300);
        for (std::uint64_t i = 0; i < 300; ++i) {
            INFO(moved << " " << i);
            REQUIRE(queue.front().token == i);
            REQUIRE(queue.front().begin == 10 * i);
            REQUIRE(queue.front().replies == 2);
            queue.pop();
        }
        REQUIRE(queue.empty());
    }
}

TEST_CASE("pending_queue: is the same as a deque under random use", "[backends]") {
    for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937 random(seed);
        pending_queue<int> queue;
        std::deque<std::uint64_t> model;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            if (model.empty() || random() % 5 < 3) {
                queue.push({nullptr, i, 0, 1});
                model.push_back(i);
            } else {
                REQUIRE(queue.front().token == model.front());
                queue.pop();
                model.pop_front();
            }
            REQUIRE(queue.size() == model.size());
            REQUIRE(queue.empty() == model.empty());
        }
    }
}

TEST_CASE("pending_queue: the front can be changed: a command with several replies counts them down", "[backends]") {
    pending_queue<int> queue;
    queue.push({nullptr, 7, 0, 3});
    --queue.front().replies;
    CHECK(queue.front().replies == 2);
    CHECK(queue.front().token == 7);
}

}  // namespace respgres::redis
