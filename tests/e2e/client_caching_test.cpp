// CLIENT TRACKING: client-side caching through the proxy, as a Redis that is asked directly, and for mapped keys.
#include "tests/e2e/shop.hpp"
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* item_changed = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nitem:1\r\n";

// A line that each of the twins gets, from the client whose reads are tracked or, with '>', from another; the former then says what has come to it.
void same_pushes(const twin_redis& servers, twin_clients& tracked, std::initializer_list<const char*> lines) {
    twin_clients other(servers);
    bool queues = false;
    for (const char* line : lines) {
        INFO(line);
        if (*line == '>')
            other.same(words_of(line + 1));
        else
            tracked.send(words_of(line));
        if (std::string_view(line) == "MULTI") queues = true;
        if (std::string_view(line) == "EXEC") queues = false;
        // What came for the line, and behind it this: a client that got a push too few or too many is found here.
        tracked.send({"ECHO", "end of it"});
        tracked.same_until(queues ? "+QUEUED\r\n" : "$9\r\nend of it\r\n");
    }
}

}  // namespace

TEST_CASE("client_caching: every mode of tracking tells what a Redis tells", "[e2e]") {
    const twin_redis servers;
    twin_clients tracked(servers);
    tracked.speak("3");
    same_pushes(servers, tracked,
                {"CLIENT TRACKINGINFO",
                 "CLIENT GETREDIR",
                 "CLIENT CACHING YES",
                 "CLIENT TRACKING ON",
                 "CLIENT TRACKINGINFO",
                 "CLIENT GETREDIR",
                 "GET k",
                 ">SET k 1",
                 ">SET k 2",
                 "GET k",
                 "SET k 3",
                 "GET k",
                 ">SET k 4",
                 "MGET k l m",
                 ">SET m 1",
                 ">SET m 2",
                 ">FLUSHALL",
                 "CLIENT TRACKING OFF",
                 "GET k",
                 ">SET k 5"});
    same_pushes(servers, tracked,
                {"CLIENT TRACKING ON NOLOOP OPTIN",
                 "CLIENT CACHING NO",
                 "GET k",
                 ">SET k 6",
                 "CLIENT CACHING YES",
                 "GET k",
                 "SET k 7",
                 "CLIENT CACHING YES",
                 "CLIENT ID EXTRA",
                 "GET k",
                 ">SET k 8",
                 "CLIENT CACHING YES",
                 "MULTI",
                 "GET k",
                 "GET l",
                 "EXEC",
                 "GET n",
                 ">SET l 1",
                 ">SET n 1",
                 ">SET k 9",
                 "CLIENT CACHING YES",
                 "PING",
                 "GET k",
                 ">SET k 10",
                 "CLIENT TRACKING OFF"});
    same_pushes(servers, tracked,
                {"CLIENT TRACKING ON OPTOUT", "GET k", "CLIENT CACHING NO", "GET l", "CLIENT CACHING YES", ">SET k 11", ">SET l 2",
                 "CLIENT TRACKINGINFO", "CLIENT TRACKING OFF"});
    same_pushes(servers, tracked,
                {"CLIENT TRACKING ON BCAST PREFIX a PREFIX b", "CLIENT TRACKINGINFO", ">SET ax 1", ">SET c 1", ">SET bx 1",
                 "CLIENT TRACKING ON BCAST PREFIX ab", "CLIENT TRACKING ON", "CLIENT TRACKING OFF", "CLIENT TRACKING ON OPTIN OPTOUT",
                 "CLIENT TRACKING ON PREFIX a", "CLIENT TRACKING ON REDIRECT 12345678", "CLIENT TRACKING ON REDIRECT x",
                 "CLIENT TRACKING maybe", "CLIENT TRACKING ON NONSENSE", "CLIENT TRACKINGINFO"});
}

TEST_CASE("client_caching: transactions, scripts, other databases and blocked clients are tracked as well", "[e2e]") {
    const twin_redis servers;
    twin_clients tracked(servers);
    tracked.speak("3");
    same_pushes(servers, tracked,
                {"CLIENT TRACKING ON",
                 "SELECT 3",
                 "SET z 1",
                 "GET z",
                 ">SELECT 3",
                 ">SET z 2",
                 "WATCH z",
                 ">SET z 3",
                 "MULTI",
                 "GET z",
                 "EXEC",
                 "WATCH z",
                 "MULTI",
                 "GET z",
                 "SELECT 4",
                 "GET y",
                 "EXEC",
                 "GET y",
                 ">SET y 1",
                 "EVAL \"return redis.call('get', KEYS[1])\" 1 y",
                 ">SELECT 4",
                 ">SET y 2",
                 ">RPUSH list a b",
                 "LRANGE list 0 -1",
                 "BLPOP list 1",
                 "LLEN list",
                 ">LPUSH list c",
                 "RESET",
                 "CLIENT TRACKINGINFO",
                 "GET y",
                 ">SET y 3"});
}

TEST_CASE("client_caching: what is pipelined stays in order with what it invalidates", "[e2e]") {
    const twin_redis servers;
    twin_clients tracked(servers);
    tracked.speak("3");
    tracked.same({"CLIENT", "TRACKING", "ON"});
    std::string pipeline;
    for (int i = 0; i < 50; ++i) {
        pipeline += resp_client::encode({"GET", "k"});
        pipeline += resp_client::encode({"SET", "k", std::to_string(i)});
        pipeline += resp_client::encode({"SELECT", std::to_string(1 + i % 2)});
    }
    tracked.same_raw(pipeline, 200);  // three replies and a push each
}

TEST_CASE("client_caching: a RESP2 client redirects to one that subscribes, a RESP3 client to any", "[e2e]") {
    const redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres_server::shared().url();
    config.server_options = "workers = 2";
    const proxy_process proxy(config);
    const std::string message = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n";
    const std::string push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";

    resp_client tracked(proxy.port()), writer(proxy.port());
    auto target = std::make_unique<resp_client>(proxy.port());
    std::string id = target->call({"CLIENT", "ID"}).substr(1);
    id.resize(id.size() - 2);
    CHECK(tracked.call({"CLIENT", "TRACKING", "ON", "REDIRECT", id}) == "+OK\r\n");
    CHECK(tracked.call({"CLIENT", "GETREDIR"}) == ":" + id + "\r\n");
    CHECK_THAT(tracked.call({"CLIENT", "TRACKINGINFO"}), Catch::Contains("$8\r\nredirect\r\n:" + id + "\r\n"));
    REQUIRE(target->call({"SUBSCRIBE", "__redis__:invalidate"}).starts_with("*3"));
    tracked.call({"GET", "k"});
    writer.call({"SET", "k", "1"});
    CHECK(target->read_reply() == message);
    target->call({"RESET"});
    target->hello3();
    tracked.call({"GET", "k"});
    writer.call({"SET", "k", "2"});
    CHECK(target->read_reply() == push);

    tracked.hello3();
    target.reset();
    eventually("the target has gone", [&] { return writer.call({"CLIENT", "LIST", "ID", id}) == "$0\r\n\r\n"; });
    for (int i = 0; i < 2; ++i) {  // from the proxy, then from Redis
        tracked.call({"GET", "k"});
        writer.call({"SET", "k", "3"});
        CHECK(tracked.read_reply() == ">2\r\n$21\r\ntracking-redir-broken\r\n:" + id + "\r\n");
    }
    CHECK_THAT(tracked.call({"CLIENT", "TRACKINGINFO"}), Catch::Contains("broken_redirect") && Catch::Contains(":" + id + "\r\n"));
}

TEST_CASE("client_caching: a mapped key is filled first, and its invalidation and expiry come as pushes", "[e2e]") {
    shop s;
    const proxy_process proxy(s.config(shop::item() + "[mapping.brief]\nkey = \"brief:{id:int}\"\nttl = \"1s\"\nttl_jitter = 0\n"
                                                      "query = \"SELECT name FROM items WHERE id = :id\"\n"));
    resp_client tracked(proxy.port()), other(proxy.port());
    tracked.hello3();
    REQUIRE(tracked.call({"CLIENT", "TRACKING", "ON"}) == "+OK\r\n");

    for (int round = 0; round < 3; ++round) {
        INFO("round " << round);
        CHECK(tracked.call({"GET", "item:1"}) == "$5\r\napple\r\n");  // its fill is not told as a change
        CHECK(tracked.call({"STRLEN", "item:1"}) == ":5\r\n");
        CHECK(other.call({"DEL", "item:1"}) == ":1\r\n");
        CHECK(tracked.read_reply() == item_changed);
    }
    CHECK(tracked.call({"MGET", "item:1", "item:2"}) == "*2\r\n$5\r\napple\r\n$4\r\npear\r\n");
    CHECK(other.call({"PROXY", "INVALIDATE", "item:1"}).starts_with(":"));
    CHECK(tracked.read_reply() == item_changed);
    CHECK(tracked.call({"GET", "brief:3"}) == "$4\r\nplum\r\n");
    CHECK(tracked.read_reply() == ">2\r\n$10\r\ninvalidate\r\n*1\r\n$7\r\nbrief:3\r\n");  // a second later
    CHECK(s.executions() == 6);
}

TEST_CASE("client_caching: OPTIN holds for the read of a mapped key, however often it is asked for", "[e2e]") {
    shop s;
    const proxy_process proxy(s.config(shop::item()));
    resp_client tracked(proxy.port()), other(proxy.port());
    tracked.hello3();
    REQUIRE(tracked.call({"CLIENT", "TRACKING", "ON", "OPTIN"}) == "+OK\r\n");

    CHECK(tracked.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    CHECK(tracked.call({"CLIENT", "CACHING", "YES"}) == "+OK\r\n");
    CHECK(tracked.call({"GET", "item:2"}) == "$4\r\npear\r\n");
    CHECK(other.call({"DEL", "item:1", "item:2"}) == ":2\r\n");
    CHECK(tracked.read_reply() == ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nitem:2\r\n");
    CHECK(tracked.call({"PING"}) == "+PONG\r\n");
}

TEST_CASE("client_caching: a reply that waits behind a slow fill does not outlive its invalidation", "[e2e]") {
    shop s;
    const proxy_process proxy(s.config(shop::item(shop::slow_query)));
    resp_client tracked(proxy.port()), other(proxy.port());
    tracked.hello3();
    REQUIRE(tracked.call({"CLIENT", "TRACKING", "ON"}) == "+OK\r\n");
    other.call({"SET", "plain", "old"});
    s.sleep_in_queries("1");
    tracked.send({"GET", "item:1"});
    s.wait_until_running();
    tracked.send({"GET", "plain"});
    eventually("Redis has answered, and knows the reader",
               [&] { return other.call({"INFO", "stats"}).find("tracking_total_keys:1\r\n") != std::string::npos; });
    other.call({"SET", "plain", "new"});
    const std::string changed = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$5\r\nplain\r\n";
    CHECK(tracked.read_reply() == changed);  // of what it may have kept before
    CHECK(tracked.read_reply() == "$5\r\napple\r\n");
    CHECK(tracked.read_reply() == "$3\r\nold\r\n");
    CHECK(tracked.read_reply() == changed);  // of this
}

TEST_CASE("client_caching: CLIENT REPLY turns replies off, for one command or for all", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    clients.same_raw(
        "CLIENT REPLY SKIP\r\nSET k 1\r\nGET k\r\nCLIENT REPLY OFF\r\nGET k\r\nPING\r\nCLIENT REPLY SKIP\r\nNOSUCH\r\nGET k\r\n"
        "CLIENT REPLY ON\r\nGET k\r\nCLIENT REPLY NONSENSE\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nGET k\r\nPING\r\n",
        5);
}

TEST_CASE("client_caching: a client whose tracking is lost is disconnected, and with it what it has kept", "[e2e]") {
    redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres_server::shared().url();
    config.redis_options = "timeout = \"300ms\"";
    const proxy_process proxy(config);
    const auto track = [&proxy] {
        resp_client client(proxy.port());
        client.hello3();
        REQUIRE(client.call({"CLIENT", "TRACKING", "ON"}) == "+OK\r\n");
        client.call({"GET", "k"});
        return client;
    };

    SECTION("Redis closes the connection") {
        resp_client client = track();
        resp_client killer(redis.port());
        killer.call({"CLIENT", "KILL", "TYPE", "normal"});
        CHECK(client.closed_within(5000));
    }
    SECTION("Redis stands still") {
        resp_client client = track();
        redis.pause();
        client.send({"GET", "k"});
        CHECK(client.closed_within(5000));
        redis.resume();
    }
}
