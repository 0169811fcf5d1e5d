#include "backends/backoff.hpp"

#include <catch2/catch.hpp>

using respgres::backends::backoff;
using namespace std::chrono_literals;

TEST_CASE("backoff: doubles from 10 ms up to the maximum, half of each wait by chance", "[backends]") {
    backoff waits(100ms);

    CHECK(waits.next(0.0) == 5ms);
    CHECK(waits.next(0.0) == 10ms);
    CHECK(waits.next(0.5) == 30ms);
    CHECK(waits.next(0.0) == 40ms);
    CHECK(waits.next(0.0) == 50ms);
    CHECK(waits.next(0.0) == 50ms);
}

TEST_CASE("backoff: never waits longer than the maximum, also when it is less than the base", "[backends]") {
    backoff waits(4ms);

    for (int i = 0; i < 100; ++i) {
        const auto wait = waits.next(0.999);

        CHECK(wait >= 2ms);
        CHECK(wait < 4ms);
    }
}

TEST_CASE("backoff: begins anew after a success", "[backends]") {
    backoff waits(1s);
    for (int i = 0; i < 20; ++i) waits.next(0.0);

    waits.reset();

    CHECK(waits.next(0.0) == 5ms);
}
