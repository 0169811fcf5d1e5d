// Mode redis: clients are who Redis says they are, and Redis' ACL holds for what they do through the proxy.
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* ok = "+OK\r\n";
constexpr const char* queued = "+QUEUED\r\n";
constexpr const char* no_key = "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
constexpr const char* wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

const std::string session_mapping =
    "[mapping.visit]\nkey = \"visit:{id:int}\"\nshape = \"hash\"\nprimary = \"redis\"\nttl = \"1h\"\nttl_jitter = 0\n"
    "query = \"SELECT id, name FROM items WHERE id = :id\"\n";

// A Redis with users in front of which a proxy passes clients' credentials through.
struct guarded_shop {
    shop world;
    std::optional<proxy_process> proxy;

    explicit guarded_shop(const std::string& auth_options = {}, const std::string& server_options = {}) {
        resp_client admin(world.redis.port());
        set_user(admin, {"reader", "on", ">r", "~item:*", "~plain*", "+@read", "+@connection", "+@transaction", "-@dangerous", "+info"});
        set_user(admin, {"writer", "on", ">w", "~*", "&*", "+@all"});
        set_user(admin, {"plain", "on", ">p", "~plain*", "&plain*", "+@all", "-@dangerous"});
        proxy_config config = world.config(shop::item() + session_mapping);
        config.sections = "[auth]\nmode = \"redis\"\n" + auth_options;
        config.server_options = server_options;
        proxy.emplace(config);
    }

    static void set_user(resp_client& admin, std::vector<std::string> words) {
        words.insert(words.begin(), {"ACL", "SETUSER"});
        REQUIRE(admin.call(words) == ok);
    }
    resp_client client(const std::string& name, const std::string& password) const {
        resp_client made(proxy->port());
        REQUIRE(made.call({"AUTH", name, password}) == ok);
        return made;
    }
};

}  // namespace

TEST_CASE("pass-through users: Redis says who a client is, and without that it may do nothing", "[e2e]") {
    const guarded_shop some;
    resp_client client(some.proxy->port());
    CHECK(client.call({"GET", "item:1"}) == "-NOAUTH Authentication required.\r\n");
    CHECK(client.call({"HELLO", "3"}).starts_with("-NOAUTH HELLO must be called"));
    CHECK(client.call({"AUTH", "reader", "w"}) == wrong);
    CHECK(client.call({"AUTH", "", "x"}) == wrong);
    CHECK(client.call({"HELLO", "3", "AUTH", "reader", "r", "SETNAME", "me"}).starts_with("%7\r\n"));
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    CHECK(client.call({"AUTH", "plain", "p"}) == ok);
    CHECK(client.call({"ACL", "WHOAMI"}) == "$5\r\nplain\r\n");
    CHECK(client.call({"GET", "item:1"}) == no_key);
    CHECK(client.call({"RESET"}) == "+RESET\r\n");
    CHECK(client.call({"PING"}).starts_with("-NOAUTH "));
    CHECK(stat(*some.proxy, {}, "auth_failures") == 2);
    CHECK(some.proxy->log().find("failed to authenticate as 'reader'") != std::string::npos);
}

TEST_CASE("pass-through users: nobody reads through the proxy what Redis would not tell", "[e2e]") {
    guarded_shop some;
    resp_client plain = some.client("plain", "p");
    resp_client reader = some.client("reader", "r");
    for (const auto& words : {std::vector<std::string>{"GET", "item:1"},
                              {"MGET", "item:1", "item:2"},
                              {"MGET", "plain", "item:1"},
                              {"EXISTS", "item:1"},
                              {"STRLEN", "item:1"},
                              {"TYPE", "item:1"},
                              {"DEL", "item:1"},
                              {"HSET", "visit:1", "a", "b"},
                              {"WATCH", "item:1"},
                              {"HGETALL", "visit:1"}}) {
        INFO(words[0]);
        CHECK(plain.call(words) == no_key);
    }
    CHECK(plain.call({"SUBSCRIBE", "other"}).starts_with("-NOPERM "));
    CHECK(plain.call({"BLPOP", "other", "0"}) == no_key);
    CHECK(plain.call({"EVAL", "return redis.call('GET', 'item:2')", "0"}).starts_with("-ERR"));
    CHECK(plain.call({"MULTI"}) == ok);
    CHECK(plain.call({"GET", "item:1"}) == queued);
    CHECK(plain.call({"EXEC"}).starts_with("-EXECABORT "));
    CHECK(reader.call({"MGET", "item:1", "item:2", "plain"}) == "*3\r\n$5\r\napple\r\n$4\r\npear\r\n$-1\r\n");
    CHECK(reader.call({"DEL", "item:1"}) == "-NOPERM this user has no permissions to run the 'del' command\r\n");

    // Without Redis nobody knows what a user may: PostgreSQL does not answer instead.
    some.world.redis.stop();
    CHECK(reader.call({"GET", "item:3"}).starts_with("-UNAVAILABLE "));
    CHECK(reader.call({"MGET", "item:3"}).starts_with("-UNAVAILABLE "));
}

TEST_CASE("pass-through users: what the proxy does for a mapping it does in its own name", "[e2e]") {
    guarded_shop some;
    resp_client writer = some.client("writer", "w");
    resp_client direct(some.world.redis.port());
    // Has no right to the proxy's own keys (leases, tombstones).
    guarded_shop::set_user(direct, {"tight", "on", ">t", "~item:*", "~visit:*", "+@all", "-pexpire", "-select"});
    resp_client tight = some.client("tight", "t");
    // A read is answered before its value is stored, and this client's commands take another connection than the store.
    const auto wait_until_stored = [&direct] {
        eventually("item:1 is stored", [&direct] { return direct.call({"EXISTS", "item:1"}) == ":1\r\n"; });
    };
    REQUIRE(tight.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    wait_until_stored();
    some.world.postgres.execute("UPDATE items SET name = 'quince' WHERE id = 1");
    CHECK(tight.call({"DEL", "item:1"}) == ":1\r\n");
    CHECK(tight.call({"GET", "item:1"}) == "$6\r\nquince\r\n");
    wait_until_stored();
    CHECK(tight.call({"HSET", "visit:2", "page", "7"}) == ":1\r\n");
    CHECK(writer.call({"TTL", "visit:2"}) == ":3600\r\n");
    CHECK(tight.call({"MULTI"}) == ok);
    CHECK(tight.call({"DEL", "item:1"}) == queued);
    CHECK(tight.call({"HSET", "visit:3", "page", "7"}) == queued);
    CHECK(tight.call({"EXEC"}) == "*2\r\n:1\r\n:1\r\n");
    CHECK(writer.call({"TTL", "visit:3"}) == ":3600\r\n");
    CHECK(tight.call({"WATCH", "visit:3"}) == ok);
    CHECK(tight.call({"AUTH", "writer", "w"}).starts_with("-ERR a connection to Redis watches"));
    CHECK(tight.call({"MULTI"}) == ok);
    CHECK(tight.call({"HGET", "visit:3", "page"}) == queued);
    CHECK(tight.call({"EXEC"}) == "*1\r\n$1\r\n7\r\n");
    CHECK(tight.call({"AUTH", "writer", "w"}) == ok);
}

TEST_CASE("pass-through users: what only the proxy answers needs Redis' leave, too", "[e2e]") {
    const guarded_shop some;
    resp_client reader = some.client("reader", "r");
    resp_client writer = some.client("writer", "w");
    resp_client plain = some.client("plain", "p");
    CHECK(reader.call({"CLIENT", "KILL", "USER", "writer"}) == "-NOPERM this user has no permissions to run the 'client|kill' command\r\n");
    CHECK(reader.call({"PROXY", "INVALIDATE", "*"}) == "-NOPERM this user has no permissions to run the 'proxy|invalidate' command\r\n");
    CHECK(plain.call({"PROXY", "STATS"}).starts_with("-NOPERM "));
    CHECK(plain.call({"PROXY", "META", "item:1"}).starts_with("-NOPERM "));
    CHECK(reader.call({"PROXY", "STATS"}).starts_with("$"));
    CHECK(reader.call({"PROXY", "META", "item:1"}).starts_with("*"));
    CHECK(bulk_text(writer.call({"CLIENT", "LIST"})).find(" user=reader ") != std::string::npos);
    CHECK(writer.call({"PROXY", "INVALIDATE", "item:1"}) == ":0\r\n");
    CHECK(writer.call({"CLIENT", "KILL", "USER", "reader"}) == ":1\r\n");
    CHECK(reader.closed_within(5'000));
}

TEST_CASE("pass-through users: client-side caching tells a user what it may read, and nothing else is read for it", "[e2e]") {
    const guarded_shop some;
    resp_client reader(some.proxy->port());
    REQUIRE(reader.call({"HELLO", "3", "AUTH", "reader", "r"}).starts_with("%7\r\n"));
    resp_client writer = some.client("writer", "w");
    REQUIRE(reader.call({"CLIENT", "TRACKING", "ON"}) == ok);
    CHECK(reader.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    CHECK(reader.call({"HGETALL", "visit:1"}) == no_key);
    CHECK(reader.call({"SET", "plain", "x"}).starts_with("-NOPERM "));
    CHECK(reader.call({"AUTH", "writer", "w"}).starts_with("-ERR a connection to Redis watches"));
    CHECK(writer.call({"DEL", "item:1"}) == ":1\r\n");
    CHECK(reader.read_reply() == ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nitem:1\r\n");
}

TEST_CASE("pass-through users: a user that Redis forgets is disconnected", "[e2e]") {
    const guarded_shop some("max_identities = 2\n");
    resp_client reader = some.client("reader", "r");
    resp_client again = some.client("reader", "r");   // the same identity
    resp_client plain = some.client("plain", "p");
    resp_client third(some.proxy->port());
    CHECK(third.call({"GET", "plain"}).starts_with("-NOAUTH "));
    REQUIRE(reader.call({"GET", "plain"}) == "$-1\r\n");

    resp_client direct(some.world.redis.port());
    REQUIRE(direct.call({"ACL", "DELUSER", "reader"}) == ":1\r\n");
    CHECK(reader.closed_within(5'000));
    CHECK(again.closed_within(5'000));
    CHECK(third.call({"AUTH", "reader", "r"}) == wrong);
    CHECK(plain.call({"GET", "plain"}) == "$-1\r\n");
}

TEST_CASE("pass-through users: more users at once than max_identities are refused, until one has gone", "[e2e]") {
    const guarded_shop some("max_identities = 1\n", "workers = 1");
    resp_client reader = some.client("reader", "r");
    resp_client other(some.proxy->port());
    CHECK(other.call({"AUTH", "plain", "p"}).starts_with("-OVERLOADED more users at once than max_identities"));
    CHECK(other.call({"GET", "plain"}).starts_with("-NOAUTH "));
    CHECK(other.call({"AUTH", "reader", "r"}) == ok);
    CHECK(other.call({"RESET"}) == "+RESET\r\n");
    reader.close();
    eventually("there is room", [&] { return other.call({"AUTH", "plain", "p"}) == ok; });
}
