// POST /invalidate of the admin endpoint, against real servers.
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;

TEST_CASE("POST /invalidate: drops the mapped keys that match, and tells how many were there", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item()));
    resp_client client(proxy.port());
    resp_client direct(world.redis.port());
    for (const std::string key : {"item:1", "item:2", "item:3"}) client.call({"GET", key});
    eventually("all are stored", [&] { return direct.call({"EXISTS", "item:1", "item:2", "item:3"}) == ":3\r\n"; });
    client.call({"SET", "items_of_somebody", "x"});
    world.postgres.execute("UPDATE items SET name = 'quince'");
    REQUIRE(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");

    const auto one = http_post(proxy.admin_port(), "/invalidate?pattern=item%3A1");
    CHECK(one.status == 200);
    CHECK(one.body == "{\"dropped\":1}\n");
    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    CHECK(client.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    eventually("it is stored again", [&] { return direct.call({"EXISTS", "item:1"}) == ":1\r\n"; });

    CHECK(http_post(proxy.admin_port(), "/invalidate?pattern=item*").body == "{\"dropped\":3}\n");
    CHECK(client.call({"GET", "item:2"}) == "$6\r\nquince\r\n");
    CHECK(client.call({"GET", "items_of_somebody"}) == "$1\r\nx\r\n");
    CHECK(http_post(proxy.admin_port(), "/invalidate?pattern=nothing:*").body == "{\"dropped\":0}\n");
}

TEST_CASE("POST /invalidate: bad requests are refused with a reason, and drop nothing", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item()));
    resp_client client(proxy.port());
    resp_client direct(world.redis.port());
    client.call({"GET", "item:1"});
    eventually("it is stored", [&] { return direct.call({"EXISTS", "item:1"}) == ":1\r\n"; });
    struct row {
        std::string request;
        int status;
    };
    const std::string host = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    const std::string post = "POST /invalidate?pattern=*" + host;
    const std::vector<row> rows{
        {"GET /invalidate?pattern=*" + host + "\r\n", 405},
        {"HEAD /invalidate?pattern=*" + host + "\r\n", 405},
        {"DELETE /invalidate?pattern=*" + host + "\r\n", 405},
        {"POST /invalidate" + host + "\r\n", 400},
        {"POST /invalidate?pattern=" + host + "\r\n", 400},
        {"POST /invalidate?patern=*" + host + "\r\n", 400},
        {"POST /invalidate?pattern=a&pattern=*" + host + "\r\n", 400},
        {"POST /invalidate?pattern=*%00" + host + "\r\n", 400},
        {post + "Content-Length: 3\r\n\r\nitem", 400},
        {post + "Origin: http://evil.example\r\n\r\n", 403},
        {post + "Origin: null\r\n\r\n", 403},
        {"POST /invalidate?pattern=* HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421},
    };
    for (const auto& each : rows) {
        CAPTURE(each.request);
        const std::string answer = http_raw(proxy.admin_port(), each.request);
        CHECK(answer.substr(0, 13) == "HTTP/1.1 " + std::to_string(each.status) + " ");
    }
    CHECK(direct.call({"EXISTS", "item:1"}) == ":1\r\n");
    CHECK(http_raw(proxy.admin_port(), post + "Origin: http://localhost\r\n\r\n").find("{\"dropped\":1}") != std::string::npos);
}

TEST_CASE("POST /invalidate: without Redis it fails with 502 at once", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item()));
    world.redis.stop();
    const auto answer = http_post(proxy.admin_port(), "/invalidate?pattern=*");
    CHECK(answer.status == 502);
    CHECK(answer.body.find("\"error\"") != std::string::npos);
    CHECK(http_get(proxy.admin_port(), "/healthz").status == 200);
}
