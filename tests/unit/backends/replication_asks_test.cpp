#include "backends/postgres/replication/ask_meter.hpp"
#include "backends/postgres/replication/quoting.hpp"

#include <catch2/catch.hpp>

using namespace respgres::postgres;
using namespace std::chrono_literals;

TEST_CASE("ask meter: a server that asks as often as it may is not leaving", "[backends]") {
    ask_meter meter(1'000ms);
    auto now = ask_meter::time_point();
    for (int i = 0; i < 20; ++i, now += 500ms) CHECK_FALSE(meter.asked(now));
}

TEST_CASE("ask meter: the fourth request within half the server's time limit tells that it is leaving", "[backends]") {
    ask_meter meter(1'000ms);
    const auto start = ask_meter::time_point() + 1h;
    CHECK_FALSE(meter.asked(start));
    CHECK_FALSE(meter.asked(start + 1ms));
    CHECK_FALSE(meter.asked(start + 2ms));
    CHECK(meter.asked(start + 499ms));
    CHECK_FALSE(meter.asked(start + 501ms));
    meter.restart();
    for (int i = 0; i < 3; ++i) CHECK_FALSE(meter.asked(start + 501ms));
    CHECK(meter.asked(start + 502ms));
}

TEST_CASE("quoting: names and texts for replication commands", "[backends]") {
    CHECK(quoted_name("a\"b'c") == "\"a\"\"b'c\"");
    CHECK(quoted_text("a\"b'c") == "'a\"b''c'");
    CHECK(quoted_text("") == "''");
}
