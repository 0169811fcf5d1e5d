// The near cache of mappings whose values are more than one string.
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// A mapping for each shape that is more than one string.
std::string near_shapes() {
    std::string made;
    for (const std::string shape : {"hash", "list", "set", "zset"})
        made += "[mapping." + shape + "]\nkey = \"" + shape + ":{id:int}\"\nshape = \"" + shape +
                "\"\nttl = \"1h\"\nnear_cache = true\nquery = \"SELECT name" +
                (shape == "hash"   ? ", id"
                 : shape == "zset" ? " AS member, id AS score"
                                   : "") +
                " FROM items WHERE id = :id\"\n";
    return made;
}

}  // namespace

TEST_CASE("near cache: what reads all of a hash, list, set or zset is kept too, for clients of both versions", "[e2e]") {
    shop world;
    proxy_config config = world.config(near_shapes());
    config.server_options = "workers = 1\n";   // all clients share a near cache
    config.sections = "[freshness]\nbound = \"3s\"\n";
    proxy_process proxy(config);
    resp_client client(proxy.port());
    resp_client newer(proxy.port());
    resp_client redis(world.redis.port());
    resp_client newer_redis(world.redis.port());
    newer.hello3();
    newer_redis.hello3();
    const std::vector<std::vector<std::string>> reads{
        {"HGETALL", "hash:1"}, {"SMEMBERS", "set:1"}, {"LRANGE", "list:1", "0", "-1"}, {"ZRANGE", "zset:1", "0", "-1"}};
    for (const auto& read : reads) {
        const std::string mapping = read[1].substr(0, read[1].find(':'));
        INFO(read[0]);
        const auto is_near = [&](resp_client& asks, const std::vector<std::string>& words) {
            const auto before = stat(proxy, mapping, "near_hits");
            asks.call(words);
            return stat(proxy, mapping, "near_hits") == before + 1;
        };
        eventually("it is near", [&] { return is_near(client, read); });
        CHECK(client.call(read) == redis.call(read));
        CHECK(newer.call(read) == newer_redis.call(read));
        CHECK(is_near(newer, read));
        // In front of, between and behind others.
        const std::string ping = resp_client::encode({"PING"});
        client.send_raw(ping + resp_client::encode(read) + ping);
        CHECK(client.read_reply() == "+PONG\r\n");
        CHECK(client.read_reply() == redis.call(read));
        CHECK(client.read_reply() == "+PONG\r\n");
        // Another command on the key is not answered with that reply.
        const auto wrong = client.call({"GET", read[1]});
        CHECK(wrong.substr(0, 10) == "-WRONGTYPE");
        client.send_raw(resp_client::encode({"GET", read[1]}) + resp_client::encode({"TYPE", read[1]}));
        CHECK(client.read_reply() == wrong);
        CHECK(client.read_reply() == "+" + mapping + "\r\n");
        // What changes it at Redis takes it away.
        redis.call({"DEL", read[1]});
        eventually("it is read anew", [&] { return !is_near(client, read); });
    }
    CHECK(client.call({"HGETALL", "hash:77"}) == "*0\r\n");
    CHECK(newer.call({"HGETALL", "hash:77"}) == "%0\r\n");
}
