// PROXY EXPLAIN and GET /explain, against real servers.
#include "tests/e2e/follower.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace respgres::tests;
using nlohmann::json;

namespace {

json explain_page(const proxy_process& proxy, const std::string& key) {
    const auto reply = http_get(proxy.admin_port(), "/explain?key=" + key);
    CHECK(reply.status == 200);
    return json::parse(reply.body);
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("explain in band: a row-exact and a wide key, with the tables, the bound and the proof", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);

    const std::string exact = client.call({"PROXY", "EXPLAIN", "item:7"});
    INFO(exact);
    CHECK(exact.starts_with(
        "*34\r\n$7\r\nmapping\r\n$4\r\nitem\r\n$3\r\nkey\r\n$13\r\nitem:{id:int}\r\n$8\r\ncaptures\r\n*2\r\n$2\r\nid\r\n$1\r\n7\r\n"));
    CHECK(holds(exact, "\r\nrow-exact: a change of a row of public.items that has, or had, id = '7' drops the key\r\n"));
    CHECK(holds(exact, "\r\n$8\r\nbound_ms\r\n:3000\r\n"));
    CHECK(holds(exact, "\r\n$5\r\nproof\r\n$6\r\nproved\r\n"));
    CHECK(holds(exact, "\r\nSELECT name FROM items WHERE id = $1\r\n"));

    CHECK(client.call({"HELLO", "3"}).starts_with("%"));
    const std::string wide = client.call({"PROXY", "EXPLAIN", "upto:2"});
    INFO(wide);
    CHECK(wide.starts_with("%17\r\n"));
    CHECK(holds(wide, "\r\n$8\r\ncaptures\r\n%1\r\n$4\r\nmost\r\n$1\r\n2\r\n"));
    CHECK(holds(wide, "\r\nwide: any change of public.items drops all keys of the mapping, since its query has a subquery\r\n"));
    CHECK(holds(client.call({"PROXY", "HELP"}), "EXPLAIN <key>"));
}

TEST_CASE("explain in band: other keys and wrong words are errors", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    CHECK(client.call({"PROXY", "EXPLAIN", "nobody:1"}) == "-ERR key 'nobody:1' belongs to no mapping; PROXY MAPPINGS lists them\r\n");
    CHECK(client.call({"PROXY", "EXPLAIN"}) == "-ERR wrong number of arguments for 'proxy|explain' command\r\n");
    CHECK(client.call({"PROXY", "EXPLAIN", "item:1", "item:2"}) == "-ERR wrong number of arguments for 'proxy|explain' command\r\n");
    CHECK(
        holds(client.call({"PROXY", "EXPLAIN", "item:x"}), "capture 'id' is not an int8: reads are answered as for a key that is absent"));
}

TEST_CASE("GET /explain: JSON of what PROXY EXPLAIN tells, and the key is percent-decoded", "[e2e]") {
    follower world;
    proxy_process proxy(world.following());
    resp_client client(proxy.port());
    world.wait_until_proved(proxy, client);
    const json told = explain_page(proxy, "item%3A7");
    CHECK(told.at("mapping") == "item");
    CHECK(told.at("captures") == json{{"id", "7"}});
    CHECK(told.at("tables") == json::array({"public.items"}));
    CHECK(told.at("parameters") == json::array({"id"}));
    CHECK(told.at("query") == "SELECT name FROM items WHERE id = $1");
    CHECK(told.at("ttl_ms") == 3'600'000);
    CHECK(told.at("bound_ms") == 3'000);
    CHECK(told.at("notes") == json::array());
    CHECK(told.at("rules") == json::object());
    CHECK(told.at("proof") == "proved");
    CHECK(told.at("lag_ms").get<int>() >= 0);
    CHECK(explain_page(proxy, "first").at("captures") == json::object());

    struct row {
        std::string target;
        int status;
        std::string error;
    };
    const std::string usage = "write the key as one parameter: GET /explain?key=bets:7";
    for (const auto& each : std::vector<row>{{"/explain", 400, usage},
                                             {"/explain?kex=item:1", 400, usage},
                                             {"/explain?key=item:1&key=item:2", 400, usage},
                                             {"/explain?key=", 404, "the key belongs to no mapping; /mappings lists them"},
                                             {"/explain?key=nobody", 404, "the key belongs to no mapping; /mappings lists them"}}) {
        CAPTURE(each.target);
        const auto reply = http_get(proxy.admin_port(), each.target);
        CHECK(reply.status == each.status);
        CHECK(json::parse(reply.body) == json{{"error", each.error}});
    }
    CHECK(http_post(proxy.admin_port(), "/explain?key=item:1").status == 405);
}

TEST_CASE("GET /explain: what is not known while PostgreSQL is away is told as such, and learnt when it is back", "[e2e]") {
    follower world;
    world.postgres.stop();
    proxy_process proxy(world.following(), proxy_process::until::listening);
    proxy_process other(world.following(), proxy_process::until::listening);
    const json before = explain_page(proxy, "item:7");
    CHECK(before.at("changes") == "not known: PostgreSQL has not told yet which tables the query reads");
    CHECK(before.at("tables") == json::array());
    CHECK(before.at("lag_ms") == -1);
    CHECK(before.at("proof") != "proved");
    world.postgres.start();
    // One of them leads, the other stands by.
    for (const auto* each : {&proxy, &other})
        eventually("the tables are known", [&] { return explain_page(*each, "item:7").at("tables") == json::array({"public.items"}); });
}
