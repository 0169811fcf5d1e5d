// idle_timeout: who sends nothing is closed, but not who waits for something.
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;

TEST_CASE("idle_timeout: closes clients that send nothing, and spares subscribers and those who block", "[e2e]") {
    const twin_redis servers("idle_timeout = \"300ms\"");
    resp_client idle = servers.proxy_client();
    resp_client subscriber = servers.proxy_client();
    resp_client blocked = servers.proxy_client();
    resp_client busy = servers.proxy_client();
    REQUIRE(subscriber.call({"SUBSCRIBE", "news"}).starts_with("*3\r\n"));
    REQUIRE(idle.call({"PING"}) == "+PONG\r\n");
    blocked.send({"BLPOP", "queue", "0"});

    while (!idle.closed_within(50)) REQUIRE(busy.call({"PING"}) == "+PONG\r\n");

    CHECK_FALSE(subscriber.closed_within(400));
    REQUIRE(servers.proxy_client().call({"RPUSH", "queue", "x"}) == ":1\r\n");
    CHECK(blocked.read_reply() == "*2\r\n$5\r\nqueue\r\n$1\r\nx\r\n");
    CHECK(subscriber.call({"UNSUBSCRIBE", "news"}).starts_with("*3\r\n"));
    CHECK(subscriber.closed_within(5'000));
}
