// Users of the proxy's own: what they may do is what a Redis with the same ACL lets them do, in the same words.
#include "tests/e2e/guarded.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

const guarded_user all{"all", {"+@all"}, {"~*"}, {"&*"}};
const guarded_user some{
    "some",
    {"+@read", "+@write", "+@connection", "+@pubsub", "+@transaction", "-@dangerous", "+sort", "-client|kill", "+config|get"},
    {"~bets:*", "%R~read:*", "%W~write:*"},
    {"&news.*"}};

std::int64_t counted(const proxy_process& proxy, std::string_view name) {
    const std::string text = http_get(proxy.admin_port(), "/stats").body;
    const auto at = text.find("\"" + std::string(name) + "\":");
    REQUIRE(at != std::string::npos);
    return std::stoll(text.substr(at + name.size() + 3, 24));
}

}  // namespace

TEST_CASE("users: who has not authenticated is told so in Redis' words", "[e2e]") {
    const guarded_pair servers({all, some});
    guarded_clients clients(servers);
    clients.same_lines({"GET a",
                        "PING",
                        "HELLO",
                        "HELLO 3",
                        "HELLO 4",
                        "HELLO x",
                        "HELLO 3 SETNAME a",
                        "HELLO 3 SETNAME \"a b\"",
                        "HELLO 3 FOO",
                        "NOSUCH a",
                        "CONFIG NOSUCH",
                        "OBJECT NOSUCH a",
                        "GET",
                        "AUTH",
                        "AUTH a b c",
                        "AUTH wrong",
                        "AUTH all wrong",
                        "AUTH nobody wrong",
                        "RESET",
                        "GET a",
                        "MULTI",
                        "EXEC",
                        "SUBSCRIBE a",
                        "ACL WHOAMI",
                        "CLIENT ID",
                        "INFO",
                        "SELECT 1",
                        "EVAL x 0",
                        "BLPOP a 0",
                        "WATCH a"});
    clients.same({"HELLO", "3", "AUTH", "all", "wrong", "SETNAME", "a b"});
    clients.same({"HELLO", "3", "AUTH", all.name, all.password(), "SETNAME", "a b"});   // authenticated nevertheless
    clients.same_lines({"GET a", "ACL WHOAMI", "RESET", "GET a"});
    clients.same({"AUTH", some.name, some.password()});
    clients.same_lines({"PING", "AUTH all wrong", "PING", "QUIT"});
}

TEST_CASE("users: the same rules give the same replies as in Redis, byte for byte", "[e2e]") {
    const guarded_pair servers({all, some});
    guarded_clients clients(servers);
    clients.become(some);
    clients.same_lines({"SET bets:1 x",
                        "GET bets:1",
                        "GET other",
                        "SET read:1 x",
                        "GET read:1",
                        "GET write:1",
                        "SET write:1 x",
                        "SET write:1 y GET",
                        "APPEND write:1 z",
                        "STRLEN write:1",
                        "EXISTS write:1 bets:1",
                        "EXISTS write:1 other",
                        "GETEX read:1",
                        "GETDEL write:1",
                        "DEL write:1",
                        "UNLINK read:1",
                        "MGET bets:1 read:1",
                        "MGET bets:1 write:1",
                        "MSET bets:1 a write:1 b",
                        "MSET bets:1 a other b",
                        "COPY read:1 write:1",
                        "COPY write:1 read:1",
                        "RENAME bets:1 bets:2",
                        "RENAME bets:2 write:2",
                        "LPUSH write:l a",
                        "LPUSH read:l a",
                        "LRANGE write:l 0 -1",
                        "LMOVE bets:l write:l LEFT LEFT",
                        "LMOVE write:l bets:l LEFT LEFT",
                        "SINTERSTORE write:s read:a bets:a",
                        "SINTERSTORE bets:s write:a",
                        "SMOVE bets:s write:s a",
                        "PFCOUNT read:p",
                        "PFADD write:p a",
                        "PFMERGE bets:p read:p",
                        "ZADD write:z 1 a",
                        "ZINCRBY write:z 1 a",
                        "ZRANGESTORE write:z read:z 0 -1",
                        "ZUNION 2 bets:z other",
                        "ZUNIONSTORE write:z 2 read:z bets:z",
                        "HSET write:h f v",
                        "HINCRBY write:h f 1",
                        "HGET write:h f",
                        "HLEN write:h",
                        "SETRANGE write:1 0 a",
                        "BITFIELD read:1 GET u8 0",
                        "BITFIELD read:1 SET u8 0 1",
                        "BITOP AND bets:b read:1",
                        "XADD write:x 1-1 f v",
                        "XREAD STREAMS read:x write:x 0 0",
                        "XGROUP CREATE write:x g $",
                        "XLEN write:x",
                        "OBJECT ENCODING other",
                        "OBJECT ENCODING write:1",
                        "TYPE other",
                        "TTL write:1",
                        "EXPIRE write:1 100",
                        "PERSIST read:1",
                        "TOUCH write:1",
                        "GEOADD write:g 1 1 a",
                        "GEORADIUS bets:g 0 0 1 m STORE read:g",
                        "SORT bets:l",
                        "SORT bets:l STORE read:x",
                        "SORT bets:l BY other:*",
                        "SORT bets:l GET #",
                        "SORT bets:l BY nosort LIMIT 0 1"});
    clients.same_lines({"FLUSHALL",      "KEYS *",        "CONFIG SET a b", "CONFIG GET save", "CONFIG",        "CONFIG NOSUCH",
                        "CLIENT KILL a", "INFO",          "MONITOR",        "ACL LIST",        "ACL SETUSER x", "ACL WHOAMI",
                        "EVAL x 0",      "SCRIPT LOAD x", "WAIT 0 0",       "NOSUCH a",        "GET",           "ECHO x",
                        "SELECT 1",      "SELECT 0",      "DBSIZE",         "SHUTDOWN",        "SWAPDB 0 1"});
    clients.same_lines({"PUBLISH news.a x", "PUBLISH other x", "SPUBLISH other x", "SUBSCRIBE other", "PSUBSCRIBE other*",
                        "PSUBSCRIBE news.*", "PUNSUBSCRIBE news.*", "SUBSCRIBE news.a", "UNSUBSCRIBE", "BLPOP other 0",
                        "BLMOVE bets:q read:q LEFT LEFT 1"});
}

TEST_CASE("users: a refused command spoils the transaction", "[e2e]") {
    const guarded_user no_exec{"noexec", {"+@all", "-exec"}, {"~*"}, {"&*"}};
    const guarded_pair servers({all, some, no_exec});
    guarded_clients clients(servers);
    clients.become(some);
    for (const bool resp3 : {false, true}) {
        clients.become(some);
        if (resp3) clients.speak_resp3();
        clients.same_lines({"MULTI", "SET bets:1 x", "GET other", "PING", "EXEC", "MULTI", "SET bets:1 y", "EXEC"});
        clients.same_lines({"MULTI", "FLUSHALL", "EXEC", "MULTI", "NOSUCH", "DISCARD", "WATCH other", "WATCH bets:1", "UNWATCH"});
        clients.become(no_exec);
        clients.same_lines({"EXEC", "MULTI", "SET a 1", "EXEC", "PING"});
    }
}

TEST_CASE("users: HELLO, RESET and AUTH change who a client is, CLIENT and ACL tell", "[e2e]") {
    guarded_pair servers({all, some});
    resp_client client = servers.proxy_client();
    CHECK(client.call({"HELLO", "3", "AUTH", all.name, all.password(), "SETNAME", "me"}).starts_with("%7\r\n"));
    CHECK(client.call({"ACL", "WHOAMI"}) == "$3\r\nall\r\n");
    CHECK(bulk_text(client.call({"CLIENT", "INFO"})).find(" name=me ") != std::string::npos);
    CHECK(bulk_text(client.call({"CLIENT", "LIST"})).find(" user=all ") != std::string::npos);
    CHECK(client.call({"AUTH", some.name, some.password()}) == "+OK\r\n");
    CHECK(client.call({"ACL", "WHOAMI"}).starts_with("-NOPERM "));
    CHECK(client.call({"AUTH", all.name, all.password()}) == "+OK\r\n");
    CHECK(client.call({"ACL", "USERS"}) == "*2\r\n$3\r\nall\r\n$4\r\nsome\r\n");
    CHECK(client.call({"ACL", "GETUSER", "nobody"}) == "_\r\n");
    CHECK(client.call({"ACL", "DRYRUN", "some", "GET", "other"}) == "$54\r\nThis user has no permissions to access the 'other' key\r\n");
    CHECK(client.call({"ACL", "DRYRUN", "some", "GET", "bets:1"}) == "+OK\r\n");
    CHECK(client.call({"ACL", "SETUSER", "x"}).starts_with("-ERR unsupported command 'ACL'"));
    const std::string listed = client.call({"ACL", "LIST"});
    CHECK(listed.find("user all on #<hidden> ~* &* +@all") != std::string::npos);
    CHECK(listed.find(all.hash().substr(1)) == std::string::npos);

    resp_client other = servers.proxy_client();
    REQUIRE(other.call({"AUTH", some.name, some.password()}) == "+OK\r\n");
    CHECK(client.call({"CLIENT", "KILL", "USER", "nobody"}) == "-ERR No such user 'nobody'\r\n");
    CHECK(client.call({"CLIENT", "KILL", "USER", "some"}) == ":1\r\n");
    CHECK(other.closed_within(5'000));
    CHECK(client.call({"RESET"}) == "+RESET\r\n");
    CHECK(client.call({"PING"}).starts_with("-NOAUTH "));
}

TEST_CASE("users: an open user `default` is what a client is at first, with its rules", "[e2e]") {
    const redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = "postgresql://nobody@127.0.0.1:1/none";
    config.sections = "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\ntimeout = \"100ms\"\n";
    config.users = "[user.default]\nnopass = true\ncommands = [\"+@read\", \"+ping\"]\nkeys = [\"~open:*\"]\n" + all.toml();
    const proxy_process proxy(config);
    resp_client client(proxy.port());
    CHECK(client.call({"GET", "open:1"}) == "$-1\r\n");
    CHECK(client.call({"SET", "open:1", "x"}) == "-NOPERM this user has no permissions to run the 'set' command\r\n");
    CHECK(client.call({"AUTH", "x"}).starts_with("-ERR AUTH <password> called without any password"));
    CHECK(client.call({"AUTH", all.name, all.password()}) == "+OK\r\n");
    CHECK(client.call({"SET", "closed", "x"}) == "+OK\r\n");
    CHECK(client.call({"RESET"}) == "+RESET\r\n");
    CHECK(client.call({"GET", "closed"}).starts_with("-NOPERM "));
    CHECK(client.closed_within(300) == false);   // no time limit: it need not authenticate
}

TEST_CASE("users: before authentication a client may send little, as in Redis", "[e2e]") {
    const guarded_pair servers({all});
    for (const std::string bytes : {"*11\r\n", "*1\r\n$16385\r\n", "*2\r\n$4\r\nAUTH\r\n$16385\r\n", "*1048577\r\n"}) {
        guarded_clients clients(servers);
        clients.same_raw(bytes);
    }
    guarded_clients clients(servers);
    clients.same({"AUTH", all.name, std::string(16'384, 'x')});
    clients.become(all);
    std::vector<std::string> many{"DEL"};
    many.insert(many.end(), 50, std::string(20'000, 'k'));
    clients.same(many);
    for (int i = 0; i < 4; ++i) {   // on whichever worker
        guarded_clients other(servers);
        other.same({"PING"});
        clients.same(many);   // nothing of the other's limits stays
    }
    clients.same({"RESET"});
    clients.same_raw("*11\r\n");
}

TEST_CASE("users: who does not authenticate in time is closed, who has is not", "[e2e]") {
    const guarded_pair servers({all}, {}, "timeout = \"200ms\"\n");
    resp_client late = servers.proxy_client();
    resp_client early = servers.proxy_client();
    REQUIRE(early.call({"AUTH", all.name, all.password()}) == "+OK\r\n");

    CHECK(late.read_all_until_close() == "-ERR no authentication within 200 ms\r\n");
    CHECK(early.call({"PING"}) == "+PONG\r\n");
    CHECK(early.call({"RESET"}) == "+RESET\r\n");
    CHECK(early.read_all_until_close() == "-ERR no authentication within 200 ms\r\n");
}

TEST_CASE("users: failures are counted and logged without passwords, and guessing is slowed down", "[e2e]") {
    guarded_pair servers({all});
    resp_client client = servers.proxy_client();
    for (int i = 0; i < 4; ++i) CHECK(client.call({"AUTH", "all", "guess-work"}).starts_with("-WRONGPASS "));
    CHECK(client.call({"AUTH", "\r\nevil", "guess-work"}).starts_with("-WRONGPASS "));
    CHECK(client.call({"GET", "a"}).starts_with("-NOAUTH "));

    CHECK(counted(servers.proxy(), "auth_failures") == 5);
    CHECK(counted(servers.proxy(), "denied") == 1);
    const std::string log = servers.proxy().log();
    CHECK(log.find("failed to authenticate as 'all'") != std::string::npos);
    CHECK(log.find("guess-work") == std::string::npos);
    CHECK(log.find("\nevil") == std::string::npos);
}

TEST_CASE("users: PBKDF2 hashes that hash-password makes are taken", "[e2e]") {
    const auto made = run_respgres_with_input({"hash-password", "--iterations", "1000"}, "open sesame\n");
    REQUIRE(made.exit_code == 0);
    CHECK(run_respgres_with_input({"hash-password"}, {}).exit_code == 2);
    const redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = "postgresql://nobody@127.0.0.1:1/none";
    config.sections = "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\n";
    config.users = "[user.ali]\npassword = \"" + made.output.substr(0, made.output.size() - 1) + "\"\ncommands = [\"+ping\"]\n";
    const proxy_process proxy(config);
    for (int i = 0; i < 20; ++i) {   // more than a guesser's turns would allow in a second
        resp_client client(proxy.port());
        CHECK(client.call({"AUTH", "ali", "open sesame"}) == "+OK\r\n");
        CHECK(client.call({"PING"}) == "+PONG\r\n");
    }
    resp_client client(proxy.port());
    CHECK(client.call({"AUTH", "ali", "open sesam"}).starts_with("-WRONGPASS "));
}

TEST_CASE("users: what is wrong with the users file stops the start, all at once", "[e2e]") {
    temporary_directory directory;
    directory.write("users.toml", "[user.a]\npassword = \"plain text\"\ncommands = [\"+gett\"]\nkeys = [\"a\"]\n");
    REQUIRE(run_program({"chmod", "600", directory.path() + "/users.toml"}).exit_code == 0);
    const auto config = directory.write("c.toml", "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\n");

    const auto checked = run_respgres({"check", "--config", config});

    CHECK(checked.exit_code == 2);
    CHECK(checked.output.find("users.toml:2:12: password: it is no hash") != std::string::npos);
    CHECK(checked.output.find("users.toml:3:13: commands: '+gett': there is no command 'gett'; did you mean 'get'?") != std::string::npos);
    CHECK(checked.output.find("users.toml:4:9: keys: 'a'") != std::string::npos);
    CHECK(checked.output.find("plain text") == std::string::npos);
}
