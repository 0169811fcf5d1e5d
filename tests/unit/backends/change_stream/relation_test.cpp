#include "backends/change_stream/relation.hpp"
#include "tests/unit/backends/change_stream/assembling.hpp"

#include <catch2/catch.hpp>

using namespace respgres::change_stream;
using respgres::tests::bets;
using respgres::tests::described;
using news = relation_cache::news;

TEST_CASE("relation_cache: tells what is new, what is the same and what is another", "[change_stream]") {
    relation_cache cache;

    CHECK(cache.find(bets) == nullptr);
    CHECK(cache.learn(own(described())) == news::first_seen);
    CHECK(cache.learn(own(described())) == news::unchanged);
    CHECK(cache.find(bets)->name == "bets");
}

TEST_CASE("relation_cache: a name, a column or the replica identity makes it another", "[change_stream]") {
    std::vector<pgoutput::relation> others(7, described());
    others[0].name = "wagers";
    others[1].schema = "private";
    others[2].identity = pgoutput::replica_identity::full;
    others[3].columns.pop_back();
    others[4].columns[1].name = "state";
    others[5].columns[1].type = 20;
    others[6].columns[1].in_identity = false;
    for (std::size_t i = 0; i < others.size(); ++i) {
        INFO(i);
        relation_cache cache;
        cache.learn(own(described()));

        CHECK(cache.learn(own(others[i])) == news::redefined);
        CHECK(*cache.find(bets) == *own(others[i]));
        CHECK(cache.learn(own(described())) == news::redefined);
    }
}

TEST_CASE("relation_cache: who holds a definition keeps it", "[change_stream]") {
    relation_cache cache;
    cache.learn(own(described()));
    const relation_ptr held = cache.find(bets);

    cache.learn(own(described(bets, 0, "wagers")));

    CHECK(held->name == "bets");
}
