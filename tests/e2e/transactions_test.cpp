// MULTI, EXEC, DISCARD, WATCH: as a Redis that is asked directly; and what they mean for mapped keys.
#include "tests/e2e/shop.hpp"
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* ok = "+OK\r\n";
constexpr const char* queued = "+QUEUED\r\n";

const std::string session_mapping =
    "[mapping.visit]\nkey = \"visit:{id:int}\"\nshape = \"hash\"\nprimary = \"redis\"\nttl = \"1h\"\nttl_jitter = 0\n"
    "query = \"SELECT id, name FROM items WHERE id = :id\"\n";

}  // namespace

TEST_CASE("transactions: replies are Redis' own, byte for byte", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    for (const bool resp3 : {false, true}) {
        INFO((resp3 ? "RESP3" : "RESP2"));
        if (resp3) clients.speak("3");
        clients.same_lines({"MULTI", "SET a 1", "INCR a", "GET a", "LPUSH l x y", "LRANGE l 0 -1", "HSET h f v", "HGETALL h",
                            "ZADD z 1.5 m", "ZSCORE z m", "PING", "ECHO hello", "EXEC"});
        clients.same_lines({"MULTI", "EXEC"});
        clients.same_lines({"MULTI", "SET a 2", "DISCARD", "GET a"});
        // A command that fails when it runs does not stop the others.
        clients.same_lines({"MULTI", "LPUSH a x", "SET b 1", "EXEC", "GET b"});
        clients.same_lines({"EXEC", "DISCARD", "UNWATCH"});
        clients.same_lines({"MULTI", "MULTI", "WATCH a", "SET c 1", "EXEC"});
        // What cannot be queued spoils the rest.
        clients.same_lines({"MULTI", "GET", "SET d 1", "EXEC", "GET d"});
        clients.same_lines({"MULTI", "NOSUCHCOMMAND x", "SET d 1", "EXEC", "GET d"});
        clients.same_lines({"MULTI", "OBJECT NOSUCH x", "DISCARD"});
        // So does a wrong number of words for what is never queued; an EXEC with one ends the transaction, and the watch.
        for (const char* line : {"MULTI x", "WATCH", "DISCARD x", "RESET x"})
            clients.same_lines({"MULTI", line, "SET d 1", "EXEC", "GET d"});
        clients.same_lines({"EXEC x", "MULTI", "SET d 1", "EXEC x", "EXEC", "GET d"});
        clients.same_lines({"WATCH d", "SET d 1", "EXEC x", "MULTI", "GET d", "EXEC", "DEL d"});
        clients.same_lines({"WATCH d", "MULTI", "UNWATCH", "SET d 1", "EXEC", "DEL d"});
        clients.same_lines({"MULTI", "EVAL \"return {1,redis.call('get',KEYS[1])}\" 1 b", "BLPOP l 0", "BLPOP nothing 0", "EXEC"});
        clients.same_lines({"MULTI", "DEL a b c d l h z", "EXEC"});
        clients.same_lines({"MULTI", "SET a 1", "RESET", "EXEC", "GET a"});
    }
}

TEST_CASE("transactions: SELECT within one counts for the client afterwards, and for nobody else", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    twin_clients others(servers);
    clients.same_lines({"MULTI", "SET where zero", "SELECT 1", "SET where one", "EXEC", "GET where"});
    others.same_lines({"GET where"});
    clients.same_lines({"MULTI", "SELECT 0", "GET where", "SELECT 99", "EXEC", "GET where"});
    clients.same_lines({"WATCH where", "MULTI", "SELECT 2", "SET where two", "EXEC", "GET where"});
    others.same_lines({"GET where", "SELECT 2", "GET where"});
    // Between WATCH and MULTI as well, and the protocol version too.
    clients.same_lines({"SELECT 0", "WATCH where", "SELECT 1", "WATCH other", "MULTI", "GET where", "EXEC", "GET where"});
    clients.same_lines({"HSET h f v", "WATCH h"});
    for (const bool resp3 : {true, false}) {
        clients.speak(resp3 ? "3" : "2");
        clients.same_lines({"MULTI", "HGETALL h", "EXEC", "WATCH h"});
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
        if (resp3) watching.speak("3");
        other.same_lines({"SET w 1"});
        watching.same_lines({"WATCH w v", "GET w", "MULTI", "SET w mine"});
        other.same_lines({"SET w 2"});
        watching.same_lines({"EXEC", "GET w"});
        watching.same_lines({"WATCH w", "MULTI", "SET w mine", "EXEC", "GET w"});       // nobody did
        watching.same_lines({"WATCH w", "SET w own", "MULTI", "GET w", "EXEC"});         // the client itself
        watching.same_lines({"WATCH w"});
        other.same_lines({"SET w 3"});
        watching.same_lines({"UNWATCH", "MULTI", "GET w", "EXEC"});                      // forgotten
        watching.same_lines({"WATCH w", "MULTI", "GET w"});
        other.same_lines({"SET w 4"});
        watching.same_lines({"DISCARD", "MULTI", "GET w", "EXEC"});                      // forgotten
        watching.same_lines({"WATCH w", "MULTI", "GET w", "NOSUCHCOMMAND", "EXEC", "MULTI", "GET w", "EXEC"});
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
