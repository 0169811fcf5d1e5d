// The leader forgets the keys of wide mappings that have expired, while no change comes.
#include "conf/reader.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/leader/own_thread.hpp"
#include "proxy/leader/stream_leader.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace respgres;
using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

using leader_thread = proxy::own_thread<proxy::stream_leader>;

// A leader that looks through its registries without a rest.
struct pruning {
    pruning() {
        postgres.execute("CREATE TABLE items(id bigint PRIMARY KEY, name text); CREATE PUBLICATION respgres FOR ALL TABLES");
        const std::string mapping = "query = \"SELECT name FROM items ORDER BY id LIMIT :n\"\nshape = \"list\"\nttl = \"1h\"\n";
        auto read = conf::read_text("[redis]\nurl = \"" + redis.url() + "\"\n[postgres]\nurl = \"" + postgres.url() +
                                        "\"\n[freshness]\nsource = \"replication\"\n[mapping.top]\nkey = \"top:{n:int}\"\n" + mapping +
                                        "[mapping.best]\nkey = \"best:{n:int}\"\n" + mapping,
                                    "t");
        settings = std::move(read.value);
        mappings = proxy::mapping_table::build(settings, read.found);
        for (const auto& each : read.found) FAIL(each.message);
        const proxy::prune_schedule::pace without_rest{1ms, 10ms};
        leader = std::make_unique<leader_thread>("change-stream", settings, nullptr, mappings, news, without_rest);
        leader->start();
        eventually("it leads", [this] { return news.leads.load(); });
    }
    ~pruning() {
        leader->stop();
        leader->join();
    }

    postgres_server postgres;
    redis_server redis;
    conf::settings settings;
    proxy::mapping_table mappings;
    proxy::freshness_news news;
    std::unique_ptr<leader_thread> leader;
};

}  // namespace

TEST_CASE("registry pruning: keys that expired go, keys that are there, or are being filled, stay", "[freshness]") {
    pruning world;
    resp_client redis(world.redis.port());
    const std::string registry = proxy::registry_name("top");
    for (const std::string& key : {std::string("top:1"), proxy::lease_name("top:2"), proxy::tombstone_name("top:3")})
        redis.call({"SET", key, "x"});
    redis.call({"SET", "top:4", "x", "PX", "1000"});
    for (int i = 1; i <= 1'000; ++i) redis.call({"SADD", registry, "top:" + std::to_string(i)});
    for (int i = 1; i <= 300; ++i) redis.call({"SADD", proxy::registry_name("best"), "best:" + std::to_string(i)});

    eventually("what was never there is gone", [&] { return redis.call({"SCARD", registry}) == ":3\r\n"; });
    CHECK(redis.call({"SMISMEMBER", registry, "top:1", "top:2", "top:3"}) == "*3\r\n:1\r\n:1\r\n:1\r\n");
    CHECK(redis.call({"EXISTS", "top:4"}) == ":0\r\n");   // not forgotten before it had expired
    eventually("the other one is empty", [&] { return redis.call({"EXISTS", proxy::registry_name("best")}) == ":0\r\n"; });
    CHECK(world.news.counted.transactions.get() == 0);
    CHECK(world.news.counted.terms.get() == 1);
}
