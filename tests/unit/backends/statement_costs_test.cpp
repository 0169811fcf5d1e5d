#include "backends/postgres/statement_costs.hpp"

#include <catch2/catch.hpp>

using respgres::postgres::statement_costs;
using namespace std::chrono_literals;

namespace {

// How many runs of `took` it takes until "a" is quick.
int runs_until_quick(statement_costs& costs, std::chrono::nanoseconds took) {
    int runs = 0;
    for (; !costs.is_quick("a") && runs < 1'000; ++runs) costs.ran("a", took);
    return runs;
}

}  // namespace

TEST_CASE("statement_costs: a statement that has not run is not quick, one that took little is", "[backends]") {
    statement_costs costs(5ms);
    CHECK_FALSE(costs.is_quick("a"));
    costs.ran("a", 4'999us);
    CHECK(costs.is_quick("a"));
    costs.ran("b", 5ms);
    CHECK_FALSE(costs.is_quick("b"));
}

TEST_CASE("statement_costs: one run that the machine held up does not make a statement slow, several do", "[backends]") {
    statement_costs costs(5ms);
    costs.ran("a", 100us);

    costs.ran("a", 15ms);
    CHECK(costs.is_quick("a"));
    costs.ran("a", 15ms);
    CHECK_FALSE(costs.is_quick("a"));
}

TEST_CASE("statement_costs: a statement of which every fiftieth run is slow stays slow", "[backends]") {
    statement_costs costs(5ms);
    costs.ran("a", 100us);
    for (int i = 0; i < 20; ++i)
        for (int j = 0; j < 50; ++j) costs.ran("a", j == 0 ? 40ms : 100us);

    CHECK_FALSE(costs.is_quick("a"));
}

TEST_CASE("statement_costs: what held up others becomes quick after a hundred quick runs or so", "[backends]") {
    statement_costs costs(5ms);
    costs.ran("a", 100us);
    costs.held_up("a", 50ms);

    CHECK_FALSE(costs.is_quick("a"));
    const int runs = runs_until_quick(costs, 100us);
    CHECK(runs > 64);   // more than those that waited behind it
    CHECK(runs < 200);
}

TEST_CASE("statement_costs: what held up others is not quick, however soon it was stopped, and whether or not it has run before",
          "[backends]") {
    statement_costs costs(5ms);
    costs.ran("a", 10us);
    costs.held_up("a", 1ms);
    costs.held_up("b", 0ms);

    CHECK_FALSE(costs.is_quick("a"));
    CHECK_FALSE(costs.is_quick("b"));
    CHECK(runs_until_quick(costs, 10us) > 10);
}
