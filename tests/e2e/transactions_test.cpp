// MULTI, EXEC, DISCARD, WATCH: as a Redis that is asked directly; and what they mean for mapped keys.
#include "tests/e2e/shop.hpp"
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* ok = "+OK\r\n";
constexpr const char* queued = "+QUEUED\r\n";

void same_lines(twin_clients& clients, std::initializer_list<const char*> lines) {
    for (const char* line : lines) clients.same(words_of(line));
}

const std::string session_mapping =
    "[mapping.visit]\nkey = \"visit:{id:int}\"\nshape = \"hash\"\nprimary = \"redis\"\nttl = \"1h\"\nttl_jitter = 0\n"
    "query = \"SELECT id, name FROM items WHERE id = :id\"\n";

}  // namespace

TEST_CASE("transactions: replies are Redis' own, byte for byte", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    for (const bool resp3 : {false, true}) {
        INFO((resp3 ? "RESP3" : "RESP2"));
        if (resp3) {
            clients.direct().hello3();
            clients.proxied().hello3();
        }
        same_lines(clients, {"MULTI", "SET a 1", "INCR a", "GET a", "LPUSH l x y", "LRANGE l 0 -1", "HSET h f v", "HGETALL h",
                             "ZADD z 1.5 m", "ZSCORE z m", "PING", "ECHO hello", "EXEC"});
        same_lines(clients, {"MULTI", "EXEC"});
        same_lines(clients, {"MULTI", "SET a 2", "DISCARD", "GET a"});
        // A command that fails when it runs does not stop the others.
        same_lines(clients, {"MULTI", "LPUSH a x", "SET b 1", "EXEC", "GET b"});
        same_lines(clients, {"EXEC", "DISCARD", "UNWATCH"});
        same_lines(clients, {"MULTI", "MULTI", "WATCH a", "SET c 1", "EXEC"});
        // What cannot be queued spoils the rest.
        same_lines(clients, {"MULTI", "GET", "SET d 1", "EXEC", "GET d"});
        same_lines(clients, {"MULTI", "NOSUCHCOMMAND x", "SET d 1", "EXEC", "GET d"});
        same_lines(clients, {"MULTI", "OBJECT NOSUCH x", "DISCARD"});
        same_lines(clients, {"MULTI", "EVAL \"return {1,redis.call('get',KEYS[1])}\" 1 b", "BLPOP l 0", "BLPOP nothing 0", "EXEC"});
        same_lines(clients, {"MULTI", "DEL a b c d l h z", "EXEC"});
        same_lines(clients, {"MULTI", "SET a 1", "RESET", "EXEC", "GET a"});
    }
}

TEST_CASE("transactions: SELECT within one counts for the client afterwards, and for nobody else", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    twin_clients others(servers);
    same_lines(clients, {"MULTI", "SET where zero", "SELECT 1", "SET where one", "EXEC", "GET where"});
    same_lines(others, {"GET where"});
    same_lines(clients, {"MULTI", "SELECT 0", "GET where", "SELECT 99", "EXEC", "GET where"});
    same_lines(clients, {"WATCH where", "MULTI", "SELECT 2", "SET where two", "EXEC", "GET where"});
    same_lines(others, {"GET where", "SELECT 2", "GET where"});
    // Between WATCH and MULTI as well, and the protocol version too.
    same_lines(clients, {"SELECT 0", "WATCH where", "SELECT 1", "WATCH other", "MULTI", "GET where", "EXEC", "GET where"});
    same_lines(clients, {"HSET h f v", "WATCH h"});
    for (const bool resp3 : {true, false}) {
        const char* hello = resp3 ? "3" : "2";
        clients.direct().call({"HELLO", hello});
        clients.proxied().call({"HELLO", hello});
        same_lines(clients, {"MULTI", "HGETALL h", "EXEC", "WATCH h"});
    }
}

TEST_CASE("transactions: in one pipeline, between other commands", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    std::string pipeline;
    std::size_t replies = 0;
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        for (const auto& words : {std::vector<std::string>{"SET", "k", number},
                                  {"MULTI"},
                                  {"INCR", "n"},
                                  {"APPEND", "k", "x"},
                                  {"EXEC"},
                                  {"GET", "k"},
                                  {"WATCH", "k"},
                                  {"GET", "n"},
                                  {"MULTI"},
                                  {"SET", "k", "watched"},
                                  {"EXEC"},
                                  {"GET", "k"}}) {
            pipeline += resp_client::encode(words);
            ++replies;
        }
    }
    clients.same_raw(pipeline, replies);
    // Inline as well.
    clients.same_raw("MULTI\r\nSET inline 1\r\nGET inline\r\nEXEC\r\n", 4);
}

TEST_CASE("transactions: a watched key that somebody changes aborts EXEC", "[e2e]") {
    const twin_redis servers;
    twin_clients watching(servers);
    twin_clients other(servers);
    for (const bool resp3 : {false, true}) {
        if (resp3) {
            watching.direct().hello3();
            watching.proxied().hello3();
        }
        same_lines(other, {"SET w 1"});
        same_lines(watching, {"WATCH w v", "GET w", "MULTI", "SET w mine"});
        same_lines(other, {"SET w 2"});
        same_lines(watching, {"EXEC", "GET w"});
        same_lines(watching, {"WATCH w", "MULTI", "SET w mine", "EXEC", "GET w"});       // nobody did
        same_lines(watching, {"WATCH w", "SET w own", "MULTI", "GET w", "EXEC"});         // the client itself
        same_lines(watching, {"WATCH w"});
        same_lines(other, {"SET w 3"});
        same_lines(watching, {"UNWATCH", "MULTI", "GET w", "EXEC"});                      // forgotten
        same_lines(watching, {"WATCH w", "MULTI", "GET w"});
        same_lines(other, {"SET w 4"});
        same_lines(watching, {"DISCARD", "MULTI", "GET w", "EXEC"});                      // forgotten
        same_lines(watching, {"WATCH w", "MULTI", "GET w", "NOSUCHCOMMAND", "EXEC", "MULTI", "GET w", "EXEC"});
    }
}

TEST_CASE("transactions: when the connection with the watched keys breaks, EXEC says that they may have changed", "[e2e]") {
    shop world;
    const proxy_process proxy(world.config({}));
    resp_client client(proxy.port());
    resp_client direct(world.redis.port());
    for (const bool resp3 : {false, true}) {
        if (resp3) client.hello3();
        REQUIRE(client.call({"WATCH", "w"}) == ok);
        REQUIRE(direct.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).starts_with(":"));
        eventually("Redis is back", [&] { return client.call({"GET", "w"}) == (resp3 ? "_\r\n" : "$-1\r\n"); });
        CHECK(client.call({"MULTI"}) == ok);
        CHECK(client.call({"SET", "w", "1"}) == queued);
        CHECK(client.call({"EXEC"}) == (resp3 ? "_\r\n" : "*-1\r\n"));
        CHECK(direct.call({"GET", "w"}) == "$-1\r\n");
        CHECK(client.call({"MULTI"}) == ok);
        CHECK(client.call({"EXEC"}) == "*0\r\n");
    }
}

TEST_CASE("transactions: mapped keys are filled before EXEC, and those that are watched before WATCH", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item() + session_mapping));
    resp_client client(proxy.port());

    CHECK(client.call({"MULTI"}) == ok);
    CHECK(client.call({"GET", "item:1"}) == queued);
    CHECK(client.call({"MGET", "item:2", "plain"}) == queued);
    CHECK(client.call({"EXEC"}) == "*2\r\n$5\r\napple\r\n*2\r\n$4\r\npear\r\n$-1\r\n");

    CHECK(client.call({"WATCH", "item:3"}) == ok);
    CHECK(client.call({"GET", "item:3"}) == "$4\r\nplum\r\n");
    CHECK(client.call({"MULTI"}) == ok);
    CHECK(client.call({"GET", "item:3"}) == queued);
    CHECK(client.call({"EXEC"}) == "*1\r\n$4\r\nplum\r\n");
    CHECK(world.executions() == 3);
}

TEST_CASE("transactions: a write to a key that PostgreSQL fills is refused when it is queued, and spoils the rest", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item() + session_mapping));
    resp_client client(proxy.port());
    CHECK(client.call({"MULTI"}) == ok);
    CHECK(client.call({"SET", "plain", "1"}) == queued);
    CHECK(client.call({"SET", "item:1", "x"}).starts_with("-READONLY "));
    CHECK(client.call({"EXEC"}) == "-EXECABORT Transaction discarded because of previous errors.\r\n");
    CHECK(client.call({"GET", "plain"}) == "$-1\r\n");
}

TEST_CASE("transactions: DEL in one invalidates, and a write to a session keeps the mapping's TTL", "[e2e]") {
    shop world;
    proxy_process proxy(world.config(shop::item() + session_mapping));
    resp_client client(proxy.port());
    REQUIRE(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");

    CHECK(client.call({"MULTI"}) == ok);
    CHECK(client.call({"DEL", "item:1"}) == queued);
    CHECK(client.call({"HSET", "visit:1", "page", "7"}) == queued);
    CHECK(client.call({"EXEC"}) == "*2\r\n:1\r\n:1\r\n");

    CHECK(client.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    CHECK(client.call({"TTL", "visit:1"}) == ":3600\r\n");
    CHECK(client.call({"HGET", "visit:1", "name"}) == "$6\r\nquince\r\n");   // filled first, then changed
}

TEST_CASE("transactions: what is queued is limited", "[e2e]") {
    const twin_redis servers("max_bulk = \"1MiB\"\nmax_command = \"1MiB\"");
    resp_client client = servers.proxy_client();
    CHECK(client.call({"MULTI"}) == ok);
    const std::string large(700 * 1024, 'x');
    CHECK(client.call({"SET", "a", large}) == queued);
    CHECK(client.call({"SET", "b", large}) == "-ERR the transaction is larger than max_command = 1048576 bytes\r\n");
    CHECK(client.call({"EXEC"}) == "-EXECABORT Transaction discarded because of previous errors.\r\n");
    CHECK(client.call({"PING"}) == "+PONG\r\n");
}
