#include "conf/reader.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace respgres::conf::test;
using namespace std::chrono_literals;

TEST_CASE("reader: a file without options has the defaults of the structs", "[conf]") {
    const auto outcome = read_text("# nothing\n", "t");

    CHECK(to_lines(outcome.found) == lines{});
    CHECK(outcome.value.file == "t");
    REQUIRE(outcome.value.server.listen.size() == 1);
    CHECK(to_string(outcome.value.server.listen[0].value) == "127.0.0.1:6380");
    CHECK(to_string(outcome.value.admin.listen.value) == "127.0.0.1:9180");
    CHECK(outcome.value.admin.enabled);
    CHECK(outcome.value.redis.url.value == "redis://127.0.0.1:6379/0");
    CHECK(to_string(outcome.value.redis.address) == "127.0.0.1:6379");
    CHECK(outcome.value.server.max_bulk == server_settings{}.max_bulk);
    CHECK(outcome.value.postgres.pool == postgres_settings{}.pool);
    CHECK(outcome.value.mappings.empty());
}

constexpr std::string_view every_option = R"(
[server]
listen = ["127.0.0.1:1", "unix:/run/a", "[::1]:2", "tls:127.0.0.1:3"]
workers = 3
max_clients = 4
protected_mode = false
unix_socket_mode = "0660"
max_arguments = 16
max_bulk = "1KiB"
max_command = 2048
output_soft_limit = "16KiB"
output_hard_limit = "32KiB"
request_timeout = "1s"
write_timeout = "2s"
idle_timeout = "3s"
drain_timeout = "0"
[tls]
certificate = "/a.crt"
key = "a.key"
client_ca = "/ca.crt"
min_version = "1.3"
ciphers = "ECDHE+AESGCM"
ciphersuites = "TLS_AES_128_GCM_SHA256"
handshake_timeout = "9s"
[admin]
listen = "unix:/run/b"
max_connections = 6
[auth]
mode = "redis"
timeout = "8s"
max_identities = 9
[redis]
url = "rediss://u:p@h:5/6"
tls_ca = "redis-ca.crt"
tls_certificate = "b.crt"
tls_key = "/b.key"
tls_server_name = "redis.example"
connect_timeout = "3s"
timeout = "4s"
reconnect_max = "5s"
[postgres]
url = "host=a"
pool = 7
pipeline_depth = 16
max_waiting = 8
connect_timeout = "6s"
reconnect_max = "7s"
[freshness]
source = "ttl"
bound = "250ms"
[near_cache]
max_bytes = "3MiB"
keys = ["flag:*", "config"]
[log]
level = "debug"
json = true
)";

TEST_CASE("reader: every option of the sections reaches its member", "[conf]") {
    const auto outcome = read_text(every_option, "/etc/t");
    const auto& [file, server, tls, admin, auth, redis, postgres, freshness, near_cache, log, mappings, rules, users] = outcome.value;

    CHECK(to_lines(outcome.found) == lines{});
    REQUIRE(server.listen.size() == 4);
    CHECK(server.listen[1].value.path == "/run/a");
    CHECK(server.listen[2].where.line == 3);
    CHECK(server.listen[2].where.column == 41);
    CHECK(server.workers == 3);
    CHECK(server.max_clients == 4);
    CHECK_FALSE(server.protected_mode);
    CHECK(server.unix_socket_mode.bits == 0660);
    CHECK(tls.certificate.value == "/a.crt");
    CHECK(tls.key.value == "/etc/a.key");
    CHECK(tls.client_ca.value == "/ca.crt");
    CHECK(tls.min_version == tls_version::v1_3);
    CHECK(tls.ciphers.value == "ECDHE+AESGCM");
    CHECK(tls.ciphersuites.value == "TLS_AES_128_GCM_SHA256");
    CHECK(tls.handshake_timeout == 9s);
    CHECK(server.max_arguments == 16);
    CHECK(server.max_bulk == 1024);
    CHECK(server.max_command == 2048);
    CHECK(server.output_soft_limit == 16 * 1024);
    CHECK(server.output_hard_limit == 32 * 1024);
    CHECK(server.request_timeout == 1s);
    CHECK(server.write_timeout == 2s);
    CHECK(server.idle_timeout == 3s);
    CHECK(server.drain_timeout == 0s);
    CHECK(admin.listen.value.path == "/run/b");
    CHECK(admin.max_connections == 6);
    CHECK(auth.mode.value == auth_mode::redis);
    CHECK(auth.timeout == 8s);
    CHECK(auth.max_identities == 9);
    CHECK(rules.empty());
    CHECK(users.empty());
    CHECK(redis.user == "u");
    CHECK(redis.password == "p");
    CHECK(redis.database == 6);
    CHECK(to_string(redis.address) == "tls:h:5");
    CHECK(redis.tls_ca.value == "/etc/redis-ca.crt");
    CHECK(redis.tls_certificate.value == "/etc/b.crt");
    CHECK(redis.tls_key.value == "/b.key");
    CHECK(redis.tls_server_name == "redis.example");
    CHECK(redis.connect_timeout == 3s);
    CHECK(redis.timeout == 4s);
    CHECK(redis.reconnect_max == 5s);
    CHECK(postgres.url.value == "host=a");
    CHECK(postgres.url.where.line == 42);
    CHECK(postgres.pool == 7);
    CHECK(postgres.pipeline_depth == 16);
    CHECK(postgres.max_waiting == 8);
    CHECK(postgres.connect_timeout == 6s);
    CHECK(postgres.reconnect_max == 7s);
    CHECK(freshness.source.value == freshness_source::ttl);
    CHECK(freshness.bound == 250ms);
    CHECK(near_cache.max_bytes == 3 * 1024 * 1024);
    REQUIRE(near_cache.keys.size() == 2);
    CHECK(near_cache.keys[0].value == "flag:*");
    CHECK(near_cache.keys[1].value == "config");
    CHECK(log.level == log_level::debug);
    CHECK(log.json);
}

TEST_CASE("reader: unknown keys and sections are told with what was meant", "[conf]") {
    CHECK(problems_of("[server]\nlisen = 1\n") == lines{"t:2:1: unknown key 'lisen' in [server]; did you mean 'listen'?"});
    CHECK(problems_of("[log]\n  colour = 1\n") == lines{"t:2:3: unknown key 'colour' in [log]; known are level and json"});
    CHECK(problems_of("[sever]\n") == lines{"t:1:2: unknown section 'sever'; did you mean 'server'?"});
    CHECK(problems_of("[x]\n") == lines{"t:1:2: unknown section 'x'; known are server, tls, admin, auth, redis, postgres, freshness, "
                                        "near_cache, log, mapping and rule"});
    CHECK(problems_of("listen = 1\n") == lines{"t:1:1: key 'listen' stands in no section; sections are server, tls, admin, auth, redis, "
                                               "postgres, freshness, near_cache, log, mapping and rule"});
    CHECK(problems_of("[log]\n\"\\u001b[2J\" = 1\n") == lines{"t:2:1: unknown key '\\x1b[2J' in [log]; known are level and json"});
}

TEST_CASE("reader: a value of the wrong type names both types", "[conf]") {
    CHECK(problems_of("server = 5\n") == lines{"t:1:1: 'server' must be a section with the header [server], not an integer"});
    CHECK(problems_of("[[server]]\n") == lines{"t:1:3: 'server' must be a section with the header [server], not an array"});
    CHECK(problems_of("[server]\nworkers = \"4\"\n") == lines{"t:2:11: workers: must be an integer, not a string"});
    CHECK(problems_of("[server]\nworkers = 1.5\n") == lines{"t:2:11: workers: must be an integer, not a fraction"});
    CHECK(problems_of("[server]\nprotected_mode = \"no\"\n") == lines{"t:2:18: protected_mode: must be true or false, not a string"});
    CHECK(problems_of("[server]\nlisten = 6380\n") ==
          lines{"t:2:10: listen: must be an address (a string such as \"127.0.0.1:6380\"), not an integer"});
    CHECK(problems_of("[server]\nlisten = [\"[::1]:1\", 6380]\n") ==
          lines{"t:2:22: listen: must be an address (a string such as \"127.0.0.1:6380\"), not an integer"});
    CHECK(problems_of("[server]\nmax_bulk = 1.5\n") ==
          lines{"t:2:12: max_bulk: must be a size (\"16MiB\", or an integer of bytes), not a fraction"});
    CHECK(problems_of("[server]\ndrain_timeout = true\n") ==
          lines{"t:2:17: drain_timeout: must be a duration (a string such as \"5s\"), not a boolean"});
    CHECK(problems_of("[redis]\nurl = 2020-01-01\n") == lines{"t:2:7: url: must be a string, not a date or time"});
    CHECK(problems_of("[log]\nlevel = 1\n") == lines{"t:2:9: level: must be a string (debug, info, warning or error), not an integer"});
    CHECK(problems_of("[log.level]\n") == lines{"t:1:1: level: must be a string (debug, info, warning or error), not a table"});
}

TEST_CASE("reader: a value out of range names the range", "[conf]") {
    CHECK(problems_of("[server]\nworkers = -1\n") == lines{"t:2:11: workers: must be from 0 to 256"});
    CHECK(problems_of("[server]\nworkers = 9223372036854775807\n") == lines{"t:2:11: workers: must be from 0 to 256"});
    CHECK(problems_of("[server]\nmax_bulk = \"1GiB\"\n") == lines{"t:2:12: max_bulk: must be from 1KiB to 512MiB"});
    CHECK(problems_of("[server]\nmax_arguments = 15\n") == lines{"t:2:17: max_arguments: must be from 16 to 1048576"});
    CHECK(problems_of("[server]\nrequest_timeout = 0\n") == lines{"t:2:19: request_timeout: must be from 100ms to 1h"});
    CHECK(problems_of("[server]\nrequest_timeout = 5\n") == lines{"t:2:19: request_timeout: '5' needs a unit: ms, s, m, h or d"});
    CHECK(problems_of("[server]\nlisten = []\n") == lines{"t:2:10: listen: must not be empty"});
    CHECK(problems_of("[server]\nlisten = \"\"\n") == lines{"t:2:10: listen: must not be empty"});
    CHECK(problems_of("[log]\nlevel = \"inf\"\n") ==
          lines{"t:2:9: level: 'inf' is none of debug, info, warning or error; did you mean 'info'?"});
    CHECK(problems_of("[log]\nlevel = \"loud\"\n") == lines{"t:2:9: level: 'loud' is none of debug, info, warning or error"});
    CHECK(problems_of("[freshness]\nsource = \"replication\"\n") == lines{});
    CHECK(problems_of("[redis]\nurl = \"redis://h/\\u0000\"\n") == lines{"t:2:7: url: must not contain a NUL character"});
}

TEST_CASE("reader: limits that contradict each other are refused where the file sets them", "[conf]") {
    CHECK(problems_of("[server]\nmax_command = \"1MiB\"\n") == lines{"t:2:15: max_command must be at least max_bulk"});
    CHECK(problems_of("[server]\nmax_bulk = \"512MiB\"\n") == lines{"t:2:12: max_command must be at least max_bulk"});
    CHECK(problems_of("[server]\noutput_soft_limit = \"65MiB\"\n") ==
          lines{"t:2:21: output_hard_limit must be at least output_soft_limit"});
}

TEST_CASE("reader: the near cache's keys are whole, or beginnings with a star", "[conf]") {
    CHECK(problems_of("[near_cache]\nkeys = [\"a*b\", \"flag:*\", \"**\", \"\"]\n") ==
          lines{"t:2:9: keys: 'a*b' must be a whole key, or a beginning with one '*' behind it",
                "t:2:26: keys: '**' must be a whole key, or a beginning with one '*' behind it", "t:2:32: keys: must not be empty"});
}

TEST_CASE("reader: protected mode refuses addresses that other hosts reach", "[conf]") {
    const auto refusal = [](const std::string& where) {
        return where +
               " can be reached from other hosts, and clients need no password, so protected_mode refuses it; listen on 127.0.0.1, "
               "[::1] or unix:/path, set a mode in [auth], use tls: with client_ca in [tls], or set protected_mode = false";
    };
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:1\", \"0.0.0.0:2\"]\n") == lines{refusal("t:2:26: listen: 0.0.0.0:2")});
    CHECK(problems_of("[server]\nlisten = \"[::]:2\"\n") == lines{refusal("t:2:10: listen: [::]:2")});
    CHECK(problems_of("[server]\nlisten = \"0.0.0.0:2\"\nprotected_mode = false\n") == lines{});
    CHECK(problems_of("[server]\nlisten = [\"127.9.9.9:1\", \"localhost:1\", \"unix:/a\"]\n") == lines{});

    CHECK(problems_of("[admin]\nlisten = \"0.0.0.0:2\"\n") ==
          lines{"t:2:10: listen: 0.0.0.0:2 can be reached from other hosts, and the admin port needs no password, so protected_mode in "
                "[server] "
                "refuses it; use 127.0.0.1, [::1] or unix:/path, or set protected_mode = false"});
    CHECK(problems_of("[admin]\nlisten = \"0.0.0.0:2\"\n[server]\nprotected_mode = false\n") == lines{});
}

TEST_CASE("reader: one address cannot be used twice, but free ports can", "[conf]") {
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:1\"]\n") == lines{"t:2:26: listen: 127.0.0.1:1 is given twice"});
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n[admin]\nlisten = \"127.0.0.1:0\"") == lines{});
    CHECK(problems_of("[admin]\nlisten = \"127.0.0.1:6380\"\n") == lines{"t:2:10: listen: [server] listens on 127.0.0.1:6380 already"});
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:9180\"]\n") ==
          lines{"t:2:11: listen: [admin] listens on 127.0.0.1:9180 unless it is told another address"});
}

TEST_CASE("reader: an empty address switches the admin port off", "[conf]") {
    const auto outcome = read_text("[admin]\nlisten = \"\"\n", "t");

    CHECK(to_lines(outcome.found) == lines{});
    CHECK_FALSE(outcome.value.admin.enabled);
}

TEST_CASE("reader: all problems of a file are told at once, in its order", "[conf]") {
    CHECK(problems_of(R"([mapping.b]
ttl = "2"
tll = "5s"

[sever]

[server]
workers = "many"
listen = ["0.0.0.0:1", "here"]

[redis]
url = "redis+cluster://:hunter2@h"

[mapping.a]
key = "a"
query = "SELECT 1"
shape = "stream"
ttl = "0"

[freshness]
source = "notifi"
)") == lines{
           "t: [postgres] needs 'url': the mappings are filled from there",
           "t:1:1: [mapping.b] needs 'key': the pattern of its keys, with captures: `bets:{user_id:int}`",
           "t:1:1: [mapping.b] needs 'query': the SELECT that fills a key; `:name` is the capture of that name",
           "t:2:7: ttl: '2' needs a unit: ms, s, m, h or d",
           "t:3:1: unknown key 'tll' in [mapping.b]; did you mean 'ttl'?",
           "t:5:2: unknown section 'sever'; did you mean 'server'?",
           "t:8:11: workers: must be an integer, not a string",
           "t:9:11: listen: 0.0.0.0:1 can be reached from other hosts, and clients need no password, so protected_mode refuses it; listen "
           "on "
           "127.0.0.1, [::1] or unix:/path, set a mode in [auth], use tls: with client_ca in [tls], or set protected_mode = false",
           "t:9:24: listen: 'here': the port is missing; write HOST:PORT",
           "t:12:7: url: redis+cluster:// is not supported yet; use redis://, rediss:// or unix://",
           "t:17:9: shape: 'stream' is not supported yet",
           "t:18:7: ttl: must be from 1ms to 365d",
           "t:21:10: source: 'notifi' is none of ttl, notify or replication; did you mean 'notify'?",
       });
}

TEST_CASE("reader: rules are read in their order, and what is missing or too much is told", "[conf]") {
    const auto read = respgres::conf::read_text(
        "[freshness]\nsource = \"notify\"\n[rule.b]\non_command = \"XADD a\"\ndrops = [\"x\", \"y:*\"]\n"
        "[rule.a]\non_notify = \"c\"\npayload = \"{id}\"\ndrops = \"x\"\n",
        "t");
    REQUIRE(to_lines(read.found) == lines{});
    const auto& rules = read.value.rules;
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].name == "b");
    CHECK(rules[0].on_command.value == "XADD a");
    CHECK(rules[0].drops.at(1).value == "y:*");
    CHECK(rules[1].payload.value == "{id}");
    CHECK(rules[1].drops.at(0).value == "x");

    struct row {
        std::string text;
        lines told;
    };
    const std::string command = "on_command = \"XADD a\"\n", notify = "on_notify = \"c\"\n", drops = "drops = [\"x\"]\n";
    const std::string source_ttl = "on_notify: [freshness] source is \"ttl\", so nobody listens; set it to \"notify\"";
    const std::vector<row> rows{
        {"[rule.r]\n" + drops, {"t:1:1: [rule.r] needs either on_command or on_notify"}},
        {"[rule.r]\n" + command, {"t:1:1: [rule.r] needs 'drops': the keys that it makes untrue"}},
        {"[freshness]\nsource = \"replication\"\n[rule.r]\n" + notify + "payload = \"{id}\"\n",
         {"t:3:1: [rule.r] needs 'drops': the keys that it makes untrue"}},
        {"[rule.r]\non_comand = \"XADD a\"\n" + notify,
         {"t:2:1: unknown key 'on_comand' in [rule.r]; did you mean 'on_command'?", "t:3:13: " + source_ttl}},
        {"[rule.r]\n" + command + notify + drops, {"t:1:1: [rule.r] needs either on_command or on_notify", "t:3:13: " + source_ttl}},
        {"[rule.r]\n" + command + drops + "payload = \"{id}\"\n", {"t:4:11: payload: only a notification has one; leave it out"}},
        {"[rule.R]\n" + command + drops, {"t:1:1: [rule.R]: a name has 1 to 64 letters of a-z, 0-9 and _"}},
        {"[rule]\na = 1\n", {"t:2:1: 'a' in [rule] must be a rule's table with the header [rule.a], not an integer"}},
        {"[freshness]\nsource = \"notify\"\n[rule.r]\n" + command + drops,
         {"t:2:10: source: \"notify\" needs a [rule.NAME] with on_notify: without one nothing is listened to"}},
    };
    for (const auto& each : rows) CHECK(problems_of(each.text) == each.told);
}
