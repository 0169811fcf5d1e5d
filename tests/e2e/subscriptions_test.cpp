// SUBSCRIBE and its like: as a Redis that is asked directly, in RESP2 and RESP3.
#include "tests/e2e/twin_redis.hpp"
#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// Sends the same to both and checks that what comes, `count` replies or messages, is the same.
void same(twin_clients& clients, const char* line, std::size_t count = 1) {
    INFO(line);
    clients.same_raw(resp_client::encode(words_of(line)), count);
}

void same_messages(twin_clients& clients, std::size_t count) {
    clients.same_raw("", count);
}

}  // namespace

TEST_CASE("subscriptions: confirmations, messages and their end, byte for byte", "[e2e]") {
    const twin_redis servers;
    twin_clients subscriber(servers);
    twin_clients publisher(servers);
    for (const bool resp3 : {false, true}) {
        INFO((resp3 ? "RESP3" : "RESP2"));
        if (resp3) subscriber.speak("3");
        same(subscriber, "SUBSCRIBE news", 1);
        same(subscriber, "SUBSCRIBE a b news", 3);
        same(subscriber, "PSUBSCRIBE n*", 1);
        same(subscriber, "SSUBSCRIBE shard", 1);
        same(publisher, "PUBLISH news hello");
        same_messages(subscriber, 2);   // by name and by pattern
        same(publisher, "SPUBLISH shard \"to the shard\"");
        same_messages(subscriber, 1);
        same(publisher, "PUBLISH a \"a\\r\\n$-1\\r\\nb\"");
        same_messages(subscriber, 1);
        same(subscriber, "PING", 1);
        same(subscriber, "PING hi", 1);
        same(subscriber, "GET k", 1);
        same(subscriber, "NOSUCHCOMMAND", 1);
        same(subscriber, "SUBSCRIBE", 1);
        same(subscriber, "UNSUBSCRIBE a", 1);
        same(subscriber, "UNSUBSCRIBE never", 1);
        same(subscriber, "SUNSUBSCRIBE", 1);
        same(subscriber, "PUNSUBSCRIBE n*", 1);
        same(subscriber, "UNSUBSCRIBE b", 1);
        same(subscriber, "UNSUBSCRIBE", 1);
        same(subscriber, "UNSUBSCRIBE", 1);   // of nothing
        same(subscriber, "PUNSUBSCRIBE", 1);
        same(subscriber, "GET k", 1);
        same(subscriber, "PING", 1);
    }
}

TEST_CASE("subscriptions: what follows at once neither overtakes them nor takes confirmations away", "[e2e]") {
    const twin_redis servers;
    for (int round = 0; round < 20; ++round) {
        twin_clients subscriber(servers);
        subscriber.same_raw("SUBSCRIBE a b\r\nRESET\r\nPING\r\n", 4);
        subscriber.speak("3");
        subscriber.same_raw("SUBSCRIBE a b\r\nPUBSUB NUMSUB a b\r\nUNSUBSCRIBE a b\r\nPUBSUB NUMSUB a b\r\n", 6);
        subscriber.same_raw("SSUBSCRIBE a b\r\nPUBSUB SHARDNUMSUB a b\r\nRESET\r\n", 4);
        subscriber.same_raw("SSUBSCRIBE a\r\nEXEC\r\nUNSUBSCRIBE\r\nRESET\r\nGET k\r\n", 5);
    }
}

TEST_CASE("subscriptions: in one pipeline with other commands the order is kept", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    clients.speak("3");
    std::string pipeline;
    for (int i = 0; i < 20; ++i) {
        pipeline += resp_client::encode({"SET", "k", std::to_string(i)});
        pipeline += resp_client::encode({"SUBSCRIBE", "c" + std::to_string(i)});
        pipeline += resp_client::encode({"GET", "k"});
    }
    clients.same_raw(pipeline, 60);
}

TEST_CASE("subscriptions: RESET and a closed connection end them", "[e2e]") {
    const twin_redis servers;
    resp_client subscriber = servers.proxy_client();
    resp_client asking = servers.proxy_client();
    REQUIRE(subscriber.call({"SUBSCRIBE", "c"}) == "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    REQUIRE(asking.call({"PUBSUB", "NUMSUB", "c"}) == "*2\r\n$1\r\nc\r\n:1\r\n");

    CHECK(subscriber.call({"RESET"}) == "+RESET\r\n");
    eventually("RESET ends it", [&] { return asking.call({"PUBSUB", "NUMSUB", "c"}) == "*2\r\n$1\r\nc\r\n:0\r\n"; });
    CHECK(subscriber.call({"GET", "k"}) == "$-1\r\n");

    REQUIRE(subscriber.call({"SUBSCRIBE", "c"}).starts_with("*3"));
    subscriber.close();
    eventually("closing ends it", [&] { return asking.call({"PUBSUB", "NUMSUB", "c"}) == "*2\r\n$1\r\nc\r\n:0\r\n"; });
}

TEST_CASE("subscriptions: large messages in the middle of replies do not cut them", "[e2e]") {
    const twin_redis servers;
    resp_client subscriber = servers.proxy_client();
    resp_client publisher = servers.proxy_client();
    subscriber.hello3();
    REQUIRE(subscriber.call({"SUBSCRIBE", "c"}) == ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    const std::string large(2'000'000, 'v');
    REQUIRE(publisher.call({"SET", "large", large}) == "+OK\r\n");
    const std::string as_bulk = "$2000000\r\n" + large + "\r\n";
    for (int i = 0; i < 10; ++i) subscriber.send({"GET", "large"});
    for (int i = 0; i < 10; ++i) publisher.send({"PUBLISH", "c", large});

    int replies = 0, messages = 0;
    while (replies + messages < 20) {
        const std::string got = subscriber.read_reply();
        if (got.starts_with('>')) {
            CHECK(got == ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n" + as_bulk);
            ++messages;
        } else {
            CHECK(got == as_bulk);
            ++replies;
        }
    }
    CHECK(messages == 10);
}

TEST_CASE("subscriptions: above dedicated_max a client is told so, and goes on", "[e2e]") {
    redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres_server::shared().url();
    config.server_options = "workers = 1";
    config.redis_options = "dedicated_max = 1";
    const proxy_process proxy(config);
    resp_client first(proxy.port());
    resp_client second(proxy.port());
    REQUIRE(first.call({"SUBSCRIBE", "c"}).starts_with("*3"));
    CHECK(second.call({"SUBSCRIBE", "c"}).starts_with("-OVERLOADED "));
    CHECK(second.call({"BLPOP", "l", "0"}).starts_with("-OVERLOADED "));
    CHECK(second.call({"PING"}) == "+PONG\r\n");
    CHECK(first.call({"UNSUBSCRIBE"}).starts_with("*3"));
    eventually("there is room", [&] { return second.call({"SUBSCRIBE", "c"}).starts_with("*3"); });
}
