// Leases and the rule for who joins late, where one query fills several keys.
#include "tests/integration/fill_engine_fixture.hpp"

#include <string>

namespace respgres::tests {

TEST_CASE("fill_engine: of keys that one query fills, the one that was invalidated meanwhile is neither stored nor told to who asked later",
          "[integration]") {
    engine_fixture f;
    int unknown = 100;
    eventually("the query for several keys is known", [&] {
        std::array<outcome_keeper, 4> waiters;
        for (outcome_keeper& each : waiters) f.join("t:" + std::to_string(unknown++), each);
        f.settle();
        return f.stats_of("t:1").batches.get() > 0;
    });
    const auto batches = f.stats_of("t:1").batches.get();
    query_gate gate;
    outcome_keeper early;
    outcome_keeper other;
    outcome_keeper late;
    f.join("t:1", early);
    f.join("t:2", other, proxy::fill_engine::need::stored);
    f.until_query_waits();           // its snapshot has 'one'
    postgres_server::shared().execute("UPDATE kv SET v = 'new' WHERE id = 1");
    f.direct.call({"DEL", proxy::lease_name("t:1"), "t:1"});
    f.join("t:1", late);
    gate.open();

    f.settle();

    CHECK(f.stats_of("t:1").batches.get() == batches + 1);
    CHECK(text_of(early.only()) == "one");
    CHECK_FALSE(early.only().stored);
    CHECK(text_of(other.only()) == "two");
    CHECK(other.only().stored);
    CHECK(text_of(late.only()) == "new");
    CHECK(f.held("t:1") == "new");
    CHECK(f.held("t:2") == "two");
    CHECK(f.stats_of("t:1").rejected_stores.get() == 1);
}

}  // namespace respgres::tests
