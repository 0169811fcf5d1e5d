#include "proxy/workers/busy_poll.hpp"

#include <catch2/catch.hpp>

namespace respgres::proxy {

using namespace std::chrono_literals;

TEST_CASE("busy_poll: a worker looks for work for as long as commands came lately", "[workers]") {
    const busy_poll::time_point start{1h};
    busy_poll busy(100ms);
    CHECK(busy.is_on());
    CHECK_FALSE(busy.keeps_looking(0, start));
    CHECK(busy.keeps_looking(1, start));
    CHECK(busy.keeps_looking(1, start + 100ms - 1ns));
    CHECK_FALSE(busy.keeps_looking(1, start + 100ms));
    CHECK(busy.keeps_looking(2, start + 101ms));
    CHECK(busy.keeps_looking(5, start + 150ms));
    CHECK(busy.keeps_looking(5, start + 249ms));
    CHECK_FALSE(busy.keeps_looking(5, start + 250ms));
    CHECK_FALSE(busy_poll(0ms).is_on());
}

}  // namespace respgres::proxy
