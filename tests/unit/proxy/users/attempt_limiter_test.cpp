#include "proxy/users/attempt_limiter.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;
using namespace std::chrono_literals;

namespace {
constexpr attempt_limiter::clock::time_point t0{1h};
}

TEST_CASE("attempt_limiter: after three failures attempts wait, a third of a second for each", "[proxy]") {
    attempt_limiter limiter;

    for (int i = 0; i < 3; ++i) {
        CHECK(limiter.wait_of("a", t0) == 0ms);
        limiter.note_failure("a", t0);
    }
    CHECK(limiter.wait_of("a", t0) == 333ms);
    CHECK(limiter.wait_of("a", t0) == 333ms);              // asking costs nothing
    CHECK(limiter.wait_of("a", t0 + 333ms) == 0ms);
    limiter.note_failure("a", t0);
    CHECK(limiter.wait_of("a", t0) == 666ms);
    CHECK(limiter.wait_of("b", t0) == 0ms);                // another address
    limiter.note_failure("a", t0 + 10min);                 // time forgives
    CHECK(limiter.wait_of("a", t0 + 10min) == 0ms);
}

TEST_CASE("attempt_limiter: remembers a bounded number of addresses", "[proxy]") {
    attempt_limiter limiter;
    for (std::size_t i = 0; i < 3 * attempt_limiter::most_addresses; ++i) limiter.note_failure(std::to_string(i), t0);

    CHECK(limiter.size() <= attempt_limiter::most_addresses);
}
