#include "backends/postgres/connection_chooser.hpp"

#include <catch2/catch.hpp>

using respgres::postgres::connection_chooser;
using state = respgres::postgres::connection_load::state;

namespace {

constexpr std::size_t depth = 4;

const auto anywhere = [](std::size_t) { return true; };

using place = std::optional<std::size_t>;

}  // namespace

TEST_CASE("connection_chooser: the idle connection that was used last comes first, also for quick queries", "[backends]") {
    connection_chooser chooser(4, depth);
    chooser.set(0, {state::shared, 1, 9});
    chooser.set(1, {state::idle, 0, 3});
    chooser.set(2, {state::idle, 0, 7});

    chooser.begin();

    CHECK(chooser.choose(true, anywhere) == place(2));
    CHECK(chooser.choose(false, anywhere) == place(2));
}

TEST_CASE("connection_chooser: without an idle one, quick queries join where the fewest are in flight, up to the depth", "[backends]") {
    connection_chooser chooser(3, depth);
    chooser.set(0, {state::shared, 3, 0});
    chooser.set(1, {state::shared, 2, 0});
    chooser.begin();
    CHECK(chooser.choose(true, anywhere) == place(1));

    chooser.set(1, {state::shared, depth, 0});
    CHECK(chooser.choose(true, anywhere) == place(0));
    CHECK(chooser.has_room());

    chooser.set(0, {state::shared, depth, 0});
    CHECK_FALSE(chooser.has_room());
    CHECK(chooser.choose(true, anywhere) == place());
}

TEST_CASE("connection_chooser: a query joins only where it may", "[backends]") {
    connection_chooser chooser(2, depth);
    chooser.set(0, {state::shared, 1, 0});
    chooser.set(1, {state::shared, 2, 0});
    chooser.begin();

    CHECK(chooser.choose(true, [](std::size_t i) { return i == 1; }) == place(1));
}

TEST_CASE("connection_chooser: a slow query never joins, and busy connections take nothing", "[backends]") {
    connection_chooser chooser(1, depth);
    chooser.set(0, {state::shared, 1, 0});
    chooser.begin();
    CHECK(chooser.choose(false, anywhere) == place());
    chooser.set(0, {state::busy, 0, 0});
    chooser.begin();
    CHECK_FALSE(chooser.has_room());
    CHECK(chooser.choose(true, anywhere) == place());
}

TEST_CASE("connection_chooser: who finds no place keeps the connection that will be idle first from all that come later", "[backends]") {
    connection_chooser chooser(2, depth);
    chooser.set(0, {state::shared, 2, 0});
    chooser.set(1, {state::shared, 3, 0});
    chooser.begin();

    REQUIRE(chooser.choose(false, anywhere) == place());

    CHECK(chooser.choose(true, anywhere) == place(1));   // not 0, which has fewer
    CHECK(chooser.choose(false, anywhere) == place());   // one is kept, not one for each
    CHECK(chooser.choose(true, anywhere) == place(1));
    chooser.begin();                                     // it has gone
    CHECK(chooser.choose(true, anywhere) == place(0));
}

TEST_CASE("connection_chooser: a slow query among quick ones that never end gets its turn", "[backends]") {
    connection_chooser chooser(2, depth);
    std::size_t in_flight[] = {depth, depth};
    int rounds = 0;
    place got;

    // In each round one query ends somewhere, and as many quick ones as there is room for wait behind the slow one.
    for (; !got && rounds < 100; ++rounds) {
        const std::size_t ends = static_cast<std::size_t>(rounds) % 2;
        if (in_flight[ends] > 0) --in_flight[ends];
        for (std::size_t i = 0; i < 2; ++i) chooser.set(i, {in_flight[i] == 0 ? state::idle : state::shared, in_flight[i], 0});
        chooser.begin();
        got = chooser.choose(false, anywhere);
        while (const auto joined = got ? place() : chooser.choose(true, anywhere)) {
            ++in_flight[*joined];
            chooser.set(*joined, {state::shared, in_flight[*joined], 0});
        }
    }

    CHECK(got.has_value());
    CHECK(rounds < 20);
}
