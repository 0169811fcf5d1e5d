#include "proxy/users/attempt_limiter.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;
using namespace std::chrono_literals;

namespace {
constexpr attempt_limiter::clock::time_point t0{1h};
}

TEST_CASE("attempt_limiter: three attempts are free, the next take turns, three a second", "[proxy]") {
    attempt_limiter limiter;

    for (int i = 0; i < 3; ++i) CHECK(limiter.reserve("a", t0) == 0ms);
    CHECK(limiter.reserve("a", t0) == 333ms);
    CHECK(limiter.reserve("a", t0) == 666ms);
    CHECK(limiter.reserve("b", t0) == 0ms);                // another address
    CHECK(limiter.reserve("a", t0 + 10min) == 0ms);        // time forgives
}

TEST_CASE("attempt_limiter: an attempt that was right does not count", "[proxy]") {
    attempt_limiter limiter;
    for (int i = 0; i < 100; ++i) {
        REQUIRE(limiter.reserve("a", t0) == 0ms);
        limiter.forgive("a");
    }
    limiter.forgive("nobody");
}

TEST_CASE("attempt_limiter: remembers a bounded number of addresses", "[proxy]") {
    attempt_limiter limiter;
    for (std::size_t i = 0; i < 3 * attempt_limiter::most_addresses; ++i) limiter.reserve(std::to_string(i), t0);

    CHECK(limiter.size() <= attempt_limiter::most_addresses);
}
