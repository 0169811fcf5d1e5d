// Commands that block: they hold up nobody else, and end with their client.
#include "tests/e2e/twin_redis.hpp"
#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

// How many clients Redis itself holds blocked.
std::string blocked(resp_client& client) {
    const std::string info = client.call({"INFO", "clients"});
    const auto at = info.find("blocked_clients:");
    return info.substr(at, info.find('\r', at) - at);
}

}  // namespace

TEST_CASE("blocking: with something there, or after their time, they answer as Redis does", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    for (const bool resp3 : {false, true}) {
        INFO((resp3 ? "RESP3" : "RESP2"));
        if (resp3) clients.speak("3");
        for (const char* line : {"RPUSH l a b c d e f",
                                 "BLPOP l 0",
                                 "BRPOP none l 0",
                                 "BLMOVE l m LEFT RIGHT 0",
                                 "BRPOPLPUSH l m 0",
                                 "BLMPOP 0 2 none l LEFT COUNT 2",
                                 "ZADD z 1 a 2 b 3 c 4 d",
                                 "BZPOPMIN z 0",
                                 "BZPOPMAX z 0",
                                 "BZMPOP 0 1 z MIN",
                                 "BLPOP none 0.01",
                                 "BZPOPMIN none 0.01",
                                 "BLMOVE none m LEFT RIGHT 0.01",
                                 "BLPOP none notanumber",
                                 "BLPOP none -1",
                                 "XADD s 1-1 f v",
                                 "XREAD BLOCK 10 STREAMS s 0",
                                 "XREAD BLOCK 10 STREAMS s $",
                                 "XGROUP CREATE s g 0",
                                 "XREADGROUP GROUP g c COUNT 1 BLOCK 10 STREAMS s >",
                                 "XREADGROUP GROUP g c BLOCK 10 STREAMS s >",
                                 "SET plain 1",
                                 "BLPOP plain 0",
                                 "WAIT 0 10",
                                 "DEL l m z s plain"})
            clients.same(words_of(line));
    }
}

TEST_CASE("blocking: a client that waits gets what comes, and holds up nobody", "[e2e]") {
    const twin_redis servers;
    resp_client waiting = servers.proxy_client();
    resp_client other = servers.proxy_client();
    waiting.send_raw(resp_client::encode({"BLPOP", "l", "0"}) + resp_client::encode({"ECHO", "after"}));
    eventually("it blocks", [&] { return blocked(other) == "blocked_clients:1"; });
    CHECK(other.call({"SET", "k", "1"}) == "+OK\r\n");
    CHECK(other.call({"RPUSH", "l", "x"}) == ":1\r\n");
    CHECK(waiting.read_reply() == "*2\r\n$1\r\nl\r\n$1\r\nx\r\n");
    CHECK(waiting.read_reply() == "$5\r\nafter\r\n");
}

TEST_CASE("blocking: a client that goes takes its command with it", "[e2e]") {
    const twin_redis servers;
    resp_client other = servers.proxy_client();
    for (const bool half : {false, true}) {
        INFO((half ? "it closes its sending side only" : "it closes"));
        resp_client waiting = servers.proxy_client();
        waiting.send({"BLPOP", "l", "0"});
        eventually("it blocks", [&] { return blocked(other) == "blocked_clients:1"; });
        if (half)
            waiting.shutdown_send();
        else
            waiting.close();
        eventually("it does not any more", [&] { return blocked(other) == "blocked_clients:0"; });
        CHECK(other.call({"RPUSH", "l", "kept"}) == ":1\r\n");
        CHECK(other.call({"LPOP", "l"}) == "$4\r\nkept\r\n");
    }
}

TEST_CASE("blocking: CLIENT UNBLOCK ends it, for another client, as Redis does", "[e2e]") {
    const twin_redis servers;
    for (const char* reason : {"", "TIMEOUT", "ERROR"}) {
        INFO(reason);
        std::string replies[2];
        for (const bool proxied : {false, true}) {
            resp_client blocked = proxied ? servers.proxy_client() : servers.direct_client();
            resp_client other = proxied ? servers.proxy_client() : servers.direct_client();
            std::string id = blocked.call({"CLIENT", "ID"}).substr(1);
            id.resize(id.size() - 2);
            CHECK(other.call({"CLIENT", "UNBLOCK", id}) == ":0\r\n");
            blocked.send({"BLPOP", "nothing", "0"});
            std::vector<std::string> words{"CLIENT", "UNBLOCK", id};
            if (*reason != '\0') words.emplace_back(reason);
            eventually("it is unblocked", [&] { return other.call(words) == ":1\r\n"; });
            replies[proxied ? 1 : 0] = blocked.read_reply();
            CHECK(blocked.call({"PING"}) == "+PONG\r\n");
        }
        CHECK(replies[1] == replies[0]);
    }
}

TEST_CASE("blocking: five hundred clients wait at once", "[e2e]") {
    const twin_redis servers;
    resp_client other = servers.proxy_client();
    std::vector<resp_client> waiting;
    for (int i = 0; i < 500; ++i) {
        waiting.push_back(servers.proxy_client());
        waiting.back().send({"BLPOP", "l", "0"});
    }
    eventually("all block", [&] { return blocked(other) == "blocked_clients:500"; });
    for (int i = 0; i < 500; ++i) other.send({"RPUSH", "l", "x"});
    for (auto& each : waiting) CHECK(each.read_reply() == "*2\r\n$1\r\nl\r\n$1\r\nx\r\n");
}

TEST_CASE("blocking: SIGTERM does not wait for clients that block", "[e2e]") {
    twin_redis servers("drain_timeout = \"30s\"");
    resp_client other = servers.proxy_client();
    resp_client waiting = servers.proxy_client();
    waiting.send({"BLPOP", "l", "0"});
    eventually("it blocks", [&] { return blocked(other) == "blocked_clients:1"; });
    const auto began = std::chrono::steady_clock::now();
    CHECK(servers.proxy().stop() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 10s);
}
