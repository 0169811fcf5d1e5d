#include "tests/integration/fill_engine_fixture.hpp"

#include "backends/redis/link_set.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

namespace respgres::tests {

namespace {

using need = proxy::fill_engine::need;
using kind = proxy::fill_outcome::kind;

void set_row(const std::string& text) {
    postgres_server::shared().execute("UPDATE kv SET v = '" + text + "' WHERE id = 1");
}

}  // namespace

TEST_CASE("fill_engine: a miss is answered from PostgreSQL and stored with its TTL, and the lease is given back", "[integration]") {
    engine_fixture f;

    const auto told = f.fill("v:1", need::stored);

    CHECK(text_of(told) == "one");
    CHECK(told.stored);
    CHECK(told.left == 60s);
    CHECK(f.held("v:1") == "one");
    CHECK(f.ttl_of("v:1") <= 60'000);
    CHECK(f.ttl_of("v:1") > 50'000);
    CHECK_FALSE(f.exists(proxy::lease_name("v:1")));
    CHECK(f.stats_of("v:1").fills.get() == 1);
    CHECK(f.stats_of("v:1").rejected_stores.get() == 0);
    CHECK(f.stats_of("v:1").bypasses.get() == 0);
    CHECK(f.stats_of("v:1").filled_bytes.get() == 3);
    CHECK(f.engine->usual_cost(f.mapping_of("v:1")).count() > 0);
}

TEST_CASE("fill_engine: many misses of one key are one query, and each waiter is told once", "[integration]") {
    engine_fixture f;
    std::array<outcome_keeper, 100> waiters;
    for (outcome_keeper& waiter : waiters) {
        f.join("v:1", waiter);
        CHECK_FALSE(waiter.told());   // never from within the call
    }
    CHECK(f.engine->flights() == 1);

    f.settle();

    for (const outcome_keeper& waiter : waiters) CHECK(text_of(waiter.only()) == "one");
    CHECK(f.stats_of("v:1").fills.get() == 1);
    CHECK(f.stats_of("v:1").joined.get() == 99);
    CHECK(f.pool->stats().queries.get() == 1);
}

TEST_CASE("fill_engine: different keys are filled beside each other", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper slow;
    f.join("g:1", slow);
    f.until_query_waits();

    outcome_keeper quick;
    f.join("v:2", quick, need::stored);
    f.loop().until("the other key is filled", [&] { return quick.told(); });
    CHECK(quick.only().stored);
    CHECK_FALSE(slow.told());

    gate.open();
    f.settle();
    CHECK(text_of(slow.only()) == "one");
}

TEST_CASE("fill_engine: a key that Redis holds after all is not filled", "[integration]") {
    engine_fixture f;
    f.direct.call({"SET", "v:1", "there"});
    CHECK(f.fill("v:1").how == kind::present);
    CHECK(f.stats_of("v:1").fills.get() == 0);
    CHECK(f.held("v:1") == "there");
    CHECK_FALSE(f.exists(proxy::lease_name("v:1")));
}

TEST_CASE("fill_engine: a key without a row costs one query per negative TTL", "[integration]") {
    engine_fixture f;
    const auto first = f.fill("v:404", need::stored);
    CHECK(text_of(first) == "<absent>");
    CHECK(first.stored);
    CHECK_FALSE(f.exists("v:404"));
    CHECK(f.exists(proxy::tombstone_name("v:404")));
    CHECK(f.ttl_of(proxy::tombstone_name("v:404")) <= 1000);
    CHECK_FALSE(f.exists(proxy::lease_name("v:404")));
    f.direct.call({"PEXPIRE", proxy::tombstone_name("v:404"), "60000"});   // the machine may be slow

    const auto second = f.fill("v:404", need::stored);

    CHECK(text_of(second) == "<absent>");
    CHECK(second.stored);
    CHECK(f.stats_of("v:404").fills.get() == 1);
    CHECK(f.stats_of("v:404").negative_hits.get() == 1);

    postgres_server::shared().execute("INSERT INTO kv VALUES (404, 'born')");
    f.direct.call({"DEL", proxy::tombstone_name("v:404")});
    CHECK(text_of(f.fill("v:404", need::stored)) == "born");
    CHECK(f.held("v:404") == "born");
}

TEST_CASE("fill_engine: without negative caching a missing row leaves nothing in Redis", "[integration]") {
    engine_fixture f;
    const auto told = f.fill("f:404", need::stored);
    CHECK(text_of(told) == "<absent>");
    CHECK(told.stored);   // certain: nothing to store
    CHECK(f.direct.call({"DBSIZE"}) == ":0\r\n");
    CHECK(f.stats_of("f:404").rejected_stores.get() == 0);
}

TEST_CASE("fill_engine: a reader gets the answer before it is stored, who needs it in Redis is told when it is there", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper reader;
    outcome_keeper other;
    f.join("g:1", reader, need::answer);
    f.join("g:1", other, need::stored);
    f.until_query_waits();
    f.server.pause();
    gate.open();

    f.loop().until("the answer", [&] { return reader.told(); });
    CHECK(text_of(reader.only()) == "one");
    CHECK_FALSE(other.told());

    f.server.resume();
    f.settle();
    CHECK(text_of(other.only()) == "one");
    CHECK(other.only().stored);
    CHECK(f.held("g:1") == "one");
    CHECK(f.stats_of("g:1").fills.get() == 1);
}

TEST_CASE("fill_engine: who joins after the query was sent gets its value if nothing invalidated the key", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper early;
    outcome_keeper late;
    f.join("g:1", early);
    f.until_query_waits();
    f.join("g:1", late);
    gate.open();

    f.settle();

    CHECK(text_of(early.only()) == "one");
    CHECK(text_of(late.only()) == "one");
    CHECK(late.only().stored);   // told only once that was sure
    CHECK(f.stats_of("g:1").fills.get() == 1);
}

TEST_CASE("fill_engine: who joins after the query was sent does not get an older value than what was invalidated before it asked",
          "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper early;
    outcome_keeper late;
    f.join("g:1", early);
    f.until_query_waits();           // its snapshot has 'one'
    set_row("new");
    f.direct.call({"DEL", proxy::lease_name("g:1"), "g:1"});   // as an invalidation does
    f.join("g:1", late);
    gate.open();

    f.settle();

    CHECK(text_of(early.only()) == "one");
    CHECK_FALSE(early.only().stored);
    CHECK(text_of(late.only()) == "new");
    CHECK(f.held("g:1") == "new");
    CHECK(f.stats_of("g:1").fills.get() == 2);
    CHECK(f.stats_of("g:1").rejected_stores.get() == 1);
}

TEST_CASE("fill_engine: a value whose lease was dropped is not stored, and who needs it in Redis is told so", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper waiter;
    f.join("g:1", waiter, need::stored);
    f.until_query_waits();
    CHECK(f.exists(proxy::lease_name("g:1")));
    f.direct.call({"DEL", proxy::lease_name("g:1")});
    gate.open();

    f.settle();

    CHECK(text_of(waiter.only()) == "one");
    CHECK_FALSE(waiter.only().stored);
    CHECK_FALSE(f.exists("g:1"));
    CHECK(f.stats_of("g:1").rejected_stores.get() == 1);
}

TEST_CASE("fill_engine: a lease that somebody else took over is neither used nor given back", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper waiter;
    f.join("g:1", waiter);
    f.until_query_waits();
    f.direct.call({"SET", proxy::lease_name("g:1"), "somebody"});
    gate.open();
    f.settle();
    CHECK_FALSE(f.exists("g:1"));
    CHECK(f.held(proxy::lease_name("g:1")) == "somebody");
}

TEST_CASE("fill_engine: while another proxy holds the lease, its fill is awaited", "[integration]") {
    engine_fixture f;
    const std::string lease = proxy::lease_name("v:1");
    f.direct.call({"SET", lease, "somebody", "PX", "60000"});
    outcome_keeper waiter;
    f.join("v:1", waiter);
    f.loop().until("the wait", [&] { return f.stats_of("v:1").lease_waits.get() == 1; });
    CHECK(f.stats_of("v:1").fills.get() == 0);
    SECTION("it stores the value") {
        f.direct.call({"SET", "v:1", "theirs"});
        f.settle();
        CHECK(waiter.only().how == kind::present);
        CHECK(f.stats_of("v:1").fills.get() == 0);
        CHECK(f.held(lease) == "somebody");
    }
    SECTION("it finds no row") {
        f.direct.call({"SET", proxy::tombstone_name("v:1"), "", "PX", "60000"});
        f.settle();
        CHECK(text_of(waiter.only()) == "<absent>");
        CHECK(f.stats_of("v:1").fills.get() == 0);
    }
    SECTION("it gives up") {
        f.direct.call({"DEL", lease});
        f.settle();
        CHECK(text_of(waiter.only()) == "one");
        CHECK(f.held("v:1") == "one");
    }
    CHECK(f.stats_of("v:1").lease_waits.get() == 1);   // counted once, however long it took
    CHECK(f.stats_of("v:1").bypasses.get() == 0);
}

TEST_CASE("fill_engine: a lease that is held for longer than fill_timeout does not keep readers from their answer", "[integration]") {
    engine_fixture f;
    f.direct.call({"SET", proxy::lease_name("i:2"), "somebody", "PX", "60000"});
    const auto told = f.fill("i:2");
    CHECK(text_of(told) == "two");
    CHECK_FALSE(told.stored);
    CHECK_FALSE(f.exists("i:2"));
    CHECK(f.stats_of("i:2").bypasses.get() == 1);
}

TEST_CASE("fill_engine: a query that fails gives the lease back at once and tells the reason", "[integration]") {
    engine_fixture f;
    const auto told = f.fill("d:0", need::stored);
    CHECK(told.how == kind::failed);
    CHECK(told.why.code == errc::server_error);
    CHECK(told.why.sqlstate == "22012");   // division by zero
    CHECK(f.direct.call({"DBSIZE"}) == ":0\r\n");
    CHECK(f.stats_of("d:0").fill_errors.get() == 1);
    CHECK(f.stats_of("d:0").fill_timeouts.get() == 0);
    CHECK(text_of(f.fill("d:5")) == "20");
}

TEST_CASE("fill_engine: a query that takes too long is cancelled, told as such, and its lease given back", "[integration]") {
    engine_fixture f;
    const query_gate gate;
    const auto told = f.fill("i:1", need::stored);
    CHECK(told.how == kind::failed);
    CHECK(told.why.code == errc::timed_out);
    CHECK(f.stats_of("i:1").fill_timeouts.get() == 1);
    CHECK(f.stats_of("i:1").fill_errors.get() == 1);
    CHECK(f.direct.call({"DBSIZE"}) == ":0\r\n");
    eventually("the query has ended at the server", [] { return query_gate::waiting() == 0; });
}

TEST_CASE("fill_engine: too many rows are an error in the proxy's own words, and nothing is stored", "[integration]") {
    engine_fixture f;
    CHECK(f.fill("m:10", need::stored).stored);
    const auto told = f.fill("m:11", need::stored);
    CHECK(told.how == kind::failed);
    CHECK(told.why.code == errc::result_too_large);
    CHECK(told.why.detail.find("max_rows") != std::string::npos);
    CHECK_FALSE(f.exists("m:11"));
    CHECK_FALSE(f.exists(proxy::lease_name("m:11")));
}

TEST_CASE("fill_engine: a capture that the query's type does not hold is a key without a row", "[integration]") {
    engine_fixture f;
    const auto told = f.fill("n:99999999999", need::stored);
    CHECK(text_of(told) == "<absent>");
    CHECK(f.stats_of("n:1").invalid_captures.get() == 1);
    CHECK(f.stats_of("n:1").fill_errors.get() == 0);
    CHECK(f.exists(proxy::tombstone_name("n:99999999999")));
}

TEST_CASE("fill_engine: with Redis gone, reads are answered from PostgreSQL, with both gone, they fail", "[integration]") {
    engine_fixture f;
    f.server.stop();
    f.loop().until("the link is down", [&] { return !f.link->is_connected(); });
    for (const need what : {need::answer, need::stored}) {
        const auto told = f.fill("v:1", what);
        CHECK(text_of(told) == "one");
        CHECK_FALSE(told.stored);
    }
    CHECK(f.stats_of("v:1").bypasses.get() == 2);
    CHECK(f.fill("d:0").how == kind::failed);
    f.server.start();
    f.link.connect();
    resp_client again(f.server.port());
    CHECK(f.fill("v:1", need::stored).stored);
    CHECK(again.call({"GET", "v:1"}) == "$3\r\none\r\n");   // the scripts are sent anew to the new server
}

TEST_CASE("fill_engine: Redis that goes between the lease and the store costs nobody the answer", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper reader;
    outcome_keeper other;
    f.join("g:1", reader);
    f.join("g:1", other, need::stored);
    f.until_query_waits();
    f.server.stop();
    gate.open();
    f.settle();
    CHECK(text_of(reader.only()) == "one");
    CHECK(text_of(other.only()) == "one");
    CHECK_FALSE(other.only().stored);
}

TEST_CASE("fill_engine: a refresh replaces what Redis holds, in the background", "[integration]") {
    engine_fixture f;
    f.fill("v:1", need::stored);
    set_row("newer");
    f.refresh("v:1");
    CHECK(f.engine->flights() == 1);
    f.refresh("v:1");   // is under way already
    f.settle();
    CHECK(f.held("v:1") == "newer");
    CHECK(f.stats_of("v:1").refreshes.get() == 1);
    CHECK(f.stats_of("v:1").fills.get() == 2);

    postgres_server::shared().execute("DELETE FROM kv WHERE id = 1");
    f.refresh("v:1");
    f.settle();
    CHECK_FALSE(f.exists("v:1"));
    CHECK(f.exists(proxy::tombstone_name("v:1")));
}

TEST_CASE("fill_engine: a refresh leaves a key alone that another proxy refreshes, and does nothing without Redis", "[integration]") {
    engine_fixture f;
    f.direct.call({"SET", "v:1", "old"});
    f.direct.call({"SET", proxy::lease_name("v:1"), "somebody", "PX", "60000"});
    f.refresh("v:1");
    f.settle();
    CHECK(f.stats_of("v:1").fills.get() == 0);
    CHECK(f.held("v:1") == "old");

    f.server.stop();
    f.loop().until("the link is down", [&] { return !f.link->is_connected(); });
    f.refresh("v:1");
    f.settle();
    CHECK(f.stats_of("v:1").fills.get() == 0);
    CHECK(f.stats_of("v:1").bypasses.get() == 0);
}

TEST_CASE("fill_engine: a read that joins a refresh gets its value", "[integration]") {
    engine_fixture f;
    f.direct.call({"SET", "g:1", "old"});
    query_gate gate;
    outcome_keeper waiter;
    f.refresh("g:1");
    f.join("g:1", waiter, need::stored);
    f.until_query_waits();
    gate.open();
    f.settle();
    CHECK(text_of(waiter.only()) == "one");
    CHECK(f.stats_of("g:1").fills.get() == 1);
}

TEST_CASE("fill_engine: a read that joins a refresh is answered also when the refresh ends without a query", "[integration]") {
    engine_fixture f;
    f.server.stop();
    f.loop().until("the link is down", [&] { return !f.link->is_connected(); });
    outcome_keeper waiter;
    f.refresh("v:1");
    f.join("v:1", waiter);
    f.settle();
    CHECK(text_of(waiter.only()) == "one");
}

TEST_CASE("fill_engine: a client's write to a key whose primary is Redis is not overwritten by a fill under way", "[integration]") {
    engine_fixture f;
    query_gate gate;
    outcome_keeper waiter;
    f.join("s:1", waiter, need::stored);
    f.until_query_waits();
    f.direct.call({"HSET", "s:1", "v", "written"});
    gate.open();
    f.settle();
    CHECK(f.direct.call({"HGETALL", "s:1"}) == "*2\r\n$1\r\nv\r\n$7\r\nwritten\r\n");
    CHECK_FALSE(waiter.only().stored);
    CHECK_FALSE(f.exists(proxy::lease_name("s:1")));
}

TEST_CASE("fill_engine: values of thousands of elements are stored whole and in order", "[integration]") {
    engine_fixture f;
    for (const int size : {1, 499, 500, 501, 1000, 9999}) {
        INFO(size);
        const std::string list = "l:" + std::to_string(size);
        REQUIRE(f.fill(list, need::stored).stored);
        CHECK(f.direct.call({"LLEN", list}) == ":" + std::to_string(size) + "\r\n");
        CHECK(bulk_text(f.direct.call({"LINDEX", list, "0"})) == "1");
        CHECK(bulk_text(f.direct.call({"LINDEX", list, "-1"})) == std::to_string(size));
        CHECK(f.ttl_of(list) > 0);
        const std::string zset = "z:" + std::to_string(size);
        REQUIRE(f.fill(zset, need::stored).stored);
        CHECK(f.direct.call({"ZCARD", zset}) == ":" + std::to_string(size) + "\r\n");
        CHECK(bulk_text(f.direct.call({"ZSCORE", zset, "m1"})) == "0.25");
        CHECK(f.ttl_of(zset) > 0);
    }
}

TEST_CASE("fill_engine: two workers that miss one key at the same moment run one query", "[integration]") {
    engine_fixture f;
    redis::link_stats stats;
    redis::link_set links(f.loop().context().get_executor(), f.loop().poller(), link_settings_for(f.server.port()).redis, stats,
                          [](bool, const std::string&) {});
    redis::client client(links.home());
    std::vector<proxy::mapping_stats> counts(f.table.all().size());
    proxy::fill_engine second(f.loop().context().get_executor(), client, *f.pool, counts);
    f.loop().until("the second link is up", [&] { return links.home().is_connected(); });
    query_gate gate;
    outcome_keeper here;
    outcome_keeper there;
    f.join("g:1", here);
    second.join(f.mapping_of("g:1"), "g:1", f.scratch, there, need::answer);
    f.until_query_waits();
    f.loop().until("one waits for the other's lease",
                   [&] { return f.stats_of("g:1").lease_waits.get() + counts[f.mapping_of("g:1").index].lease_waits.get() == 1; });
    gate.open();

    f.settle();
    f.loop().until("the second engine is done", [&] { return second.flights() == 0; });

    CHECK(f.pool->stats().queries.get() == 1);
    CHECK((here.only().how == kind::present) != (there.only().how == kind::present));
    f.loop().await(links.stop());
}

TEST_CASE("side_keys: slots are those that redis-server computes", "[integration]") {
    const reserved_port cluster_bus;   // by default the port and 10000, where an outgoing connection may sit
    redis_server server({"--cluster-enabled", "yes", "--cluster-port", std::to_string(cluster_bus.number())});
    resp_client client(server.port());
    for (const std::string key :
         {"a}b", "a{}b", "{x}y", "plain", "{{x}}", "a{{b}c", "{x}{y}", "}{", "}x{y}z", "foo{}{bar}", "", "{", "}"}) {
        const auto slot = [&client](const std::string& of) { return client.call({"CLUSTER", "KEYSLOT", of}); };
        INFO(key);
        const std::string expected = slot(key);
        CHECK(expected == ":" + std::to_string(proxy::cluster_slot(key)) + "\r\n");
        CHECK(slot(proxy::lease_name(key)) == expected);
        CHECK(slot(proxy::tombstone_name(key)) == expected);
    }
}

}  // namespace respgres::tests
