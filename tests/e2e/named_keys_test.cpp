// The three keys that the product is named for, with the shipped configuration and tables: active_bets, bet_count and session.
#include "tests/e2e/json_tokens.hpp"
#include "tests/e2e/wire_compare.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace respgres::tests;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr int session_ttl = 3600;   // seconds, in conf/betting.toml

std::string source_file(const std::string& name) {
    const auto text = read_file(std::string(RESPGRES_SOURCE_DIR) + "/" + name);
    if (text.empty()) throw std::runtime_error("cannot read " + name);
    return text;
}

// The mappings of the shipped file; the sections before them hold addresses, which the test brings itself.
std::string shipped_mappings() {
    const auto text = source_file("conf/betting.toml");
    return text.substr(text.find("\n[mapping."));
}

// The query of a shipped mapping as it stands in the file.
std::string shipped_query(const std::string& mapping) {
    const auto text = source_file("conf/betting.toml");
    const std::string_view quotes = "\"\"\"";
    const auto begin = text.find(quotes, text.find("[mapping." + mapping + "]")) + quotes.size();
    return text.substr(begin, text.find(quotes, begin) - begin);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
    return text;
}

// 400 bets, 200 of them open; two live sessions and one that has expired.
constexpr std::string_view small_data_set = R"sql(
INSERT INTO users (id, name) SELECT i, 'user ' || i FROM generate_series(1, 20) AS i;
INSERT INTO events (id, name, category, start_time) SELECT i, 'event ' || i, 'football', '2026-01-01' FROM generate_series(1, 10) AS i;
INSERT INTO bets (user_id, event_id, status, amount, placed_at, settled_at)
    SELECT i % 20 + 1, i % 10 + 1, (ARRAY['OPEN', 'SETTLED', 'OPEN', 'CASHED_OUT'])[i % 4 + 1]::bet_status, i * 10.10,
           '2026-01-01 00:00:00+00'::timestamptz + i * interval '61.5 seconds', CASE WHEN i % 2 = 1 THEN '2026-02-01'::timestamptz END
    FROM generate_series(1, 400) AS i;
UPDATE bets SET status = 'CANCELLED' WHERE id % 40 = 1;
INSERT INTO sessions (session_id, user_id, name, roles, created_at, expires_at) VALUES
    ('anna', 1, 'Anna "A" Müller', '{punter,"vip, gold"}', '2026-01-01 10:00:00.5+00', now() + interval '1 day'),
    ('bert', 2, 'Bert', '{}', '2026-01-02 10:00:00+00', now() + interval '1 day'),
    ('gone', 3, 'Gone', '{}', '2026-01-02 10:00:00+00', now() - interval '1 second');
)sql";

class betting_platform {
public:
    betting_platform() : proxy_(load()) {}

    postgres_server postgres;
    redis_server redis;

    resp_client client() const { return resp_client(proxy_.port()); }
    // What Redis itself says.
    std::string in_redis(std::initializer_list<std::string> words) const { return resp_client(redis.port()).call(words); }
    int seconds_left(const std::string& key) const { return number(in_redis({"TTL", key})); }

    // A counter of one mapping in /stats.
    int stat(const std::string& mapping, const std::string& name) const {
        return nlohmann::json::parse(http_get(proxy_.admin_port(), "/stats").body).at("mappings").at(mapping).at(name).get<int>();
    }
    // How often PostgreSQL ran the statements in which `words` stand.
    int queries_with(const std::string& words) {
        return std::stoi(postgres.execute("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%" + words +
                                          "%' AND query NOT LIKE '%pg_stat_statements%'")[0][0]);
    }

    static int number(const std::string& reply) {
        if (!reply.starts_with(':')) throw std::runtime_error("no integer: " + reply);
        return std::stoi(reply.substr(1));
    }

private:
    proxy_config load() {
        postgres.execute(source_file("conf/betting.sql"));
        postgres.execute(small_data_set);
        proxy_config config;
        config.redis_url = redis.url();
        config.postgres_url = postgres.url();
        config.mappings = shipped_mappings();
        return config;
    }

    proxy_process proxy_;
};

// HGETALL's reply of RESP2 as a map.
std::map<std::string, std::string> hash_of(const std::string& reply) {
    const auto tokens = tokens_of(reply);
    std::map<std::string, std::string> fields;
    for (std::size_t i = 1; i + 1 < tokens.size(); i += 2) fields[tokens[i].substr(1)] = tokens[i + 1].substr(1);
    return fields;
}

// A session's hash as README documents it, from PostgreSQL itself.
std::map<std::string, std::string> session_in_postgres(betting_platform& platform, const std::string& id) {
    const auto rows = platform.postgres.execute(
        "SELECT session_id, user_id, name, to_json(roles)::text, to_json(created_at) #>> '{}', to_json(expires_at) #>> '{}' "
        "FROM sessions WHERE session_id = '" +
        id + "'");
    const auto& row = rows.at(0);
    return {{"session_id", row[0]}, {"user_id", row[1]},    {"name", row[2]},
            {"roles", row[3]},      {"created_at", row[4]}, {"expires_at", row[5]}};
}

}  // namespace

TEST_CASE("active_bets: the JSON is that of PostgreSQL for the same query, on the miss and on the hit", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto query = replaced(shipped_query("active_bets"), ":limit", "100");
    const auto expected = json_tokens(platform.postgres.execute("SELECT json_agg(row_to_json(q)) FROM (" + query + ") q")[0][0]);

    const auto miss = bulk_text(client.call({"GET", "active_bets:limit_100"}));
    eventually("it is stored", [&] { return platform.in_redis({"EXISTS", "active_bets:limit_100"}) == ":1\r\n"; });
    const auto hit = bulk_text(client.call({"GET", "active_bets:limit_100"}));

    CHECK(json_tokens(miss) == expected);
    CHECK(nlohmann::json::parse(miss).size() == 100);
    CHECK(hit == miss);
    CHECK(platform.stat("active_bets", "misses") == 1);
    CHECK(platform.stat("active_bets", "fills") == 1);
    CHECK(platform.stat("active_bets", "hits") == 1);
    CHECK(platform.in_redis({"TYPE", "active_bets:limit_100"}) == "+string\r\n");
    const int left = platform.seconds_left("active_bets:limit_100");
    CHECK(left > 0);
    CHECK(left <= 5);
    CHECK(bulk_text(platform.in_redis({"GET", "active_bets:limit_100"})) == miss);
}

TEST_CASE("active_bets: a changed row is seen when the TTL has passed, not before", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto before = bulk_text(client.call({"GET", "active_bets:limit_3"}));
    const auto filled = steady_clock::now();
    eventually("it is stored", [&] { return platform.in_redis({"EXISTS", "active_bets:limit_3"}) == ":1\r\n"; });

    platform.postgres.execute("UPDATE bets SET amount = 0.07 WHERE id = (SELECT max(id) FROM bets WHERE status = 'OPEN')");

    std::string now = before;
    eventually("the new row is seen", [&] { return (now = bulk_text(client.call({"GET", "active_bets:limit_3"}))) != before; });
    const auto took = steady_clock::now() - filled;
    CHECK(took > 4s);   // a tenth less than 5 s at the least: the jitter
    CHECK(took < 6s);
    CHECK(nlohmann::json::parse(now).at(0).at("amount").get<double>() == 0.07);
}

TEST_CASE("active_bets: other limits are other keys, what is no limit is an absent key that no query is run for", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();

    CHECK(nlohmann::json::parse(bulk_text(client.call({"GET", "active_bets:limit_7"}))).size() == 7);
    CHECK(nlohmann::json::parse(bulk_text(client.call({"GET", "active_bets:limit_100000"}))).size() == 200);   // all open ones
    CHECK(bulk_text(client.call({"GET", "active_bets:limit_-5"})) == "[]");
    CHECK(bulk_text(client.call({"GET", "active_bets:limit_0"})) == "[]");
    const int fills = platform.stat("active_bets", "fills");
    for (const std::string key :
         {"active_bets:limit_ten", "active_bets:limit_", "active_bets:limit_1.5", "active_bets:limit_99999999999999999999"})
        CHECK(client.call({"GET", key}) == "$-1\r\n");
    CHECK(platform.stat("active_bets", "fills") == fills);
}

TEST_CASE("active_bets: each command that writes is refused with an error that names the mapping", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto value = bulk_text(client.call({"GET", "active_bets:limit_100"}));
    CHECK(client.call({"SET", "other", "o"}) == "+OK\r\n");
    const std::string refusal =
        "-READONLY key 'active_bets:limit_100' is filled from PostgreSQL by mapping 'active_bets'; DEL invalidates it\r\n";

    for (const std::string line : {"SET K v",
                                   "SET K v NX",
                                   "SETNX K v",
                                   "SETEX K 9 v",
                                   "PSETEX K 9000 v",
                                   "GETSET K v",
                                   "APPEND K v",
                                   "SETRANGE K 0 v",
                                   "SETBIT K 0 1",
                                   "INCR K",
                                   "INCRBY K 2",
                                   "INCRBYFLOAT K 1",
                                   "DECR K",
                                   "DECRBY K 2",
                                   "MSET other v K v",
                                   "MSETNX K v other v",
                                   "EXPIRE K 100",
                                   "PEXPIRE K 100",
                                   "EXPIREAT K 4102444800",
                                   "PEXPIREAT K 4102444800000",
                                   "PERSIST K",
                                   "RENAME K other",
                                   "RENAME other K",
                                   "RENAMENX other K",
                                   "COPY other K REPLACE",
                                   "MOVE K 1",
                                   "RESTORE K 0 x",
                                   "HSET K f v",
                                   "LPUSH K v",
                                   "SADD K v",
                                   "ZADD K 1 v",
                                   "XADD K * f v",
                                   "PFADD K v",
                                   "GEOADD K 1 1 v",
                                   "BITOP NOT K other",
                                   "SUNIONSTORE K other",
                                   "ZUNIONSTORE K 1 other",
                                   "SORT other STORE K",
                                   "LMOVE other K LEFT RIGHT",
                                   "SMOVE other K v",
                                   "GETEX K PERSIST",
                                   "BITFIELD K SET u8 0 1"}) {
        INFO(line);
        auto words = words_of(line);
        std::ranges::replace(words, std::string("K"), std::string("active_bets:limit_100"));
        CHECK(client.call(words) == refusal);
    }

    CHECK(client.call({"GET", "other"}) == "$1\r\no\r\n");
    const int refused = platform.stat("active_bets", "refused_writes");
    CHECK(refused == 42);
    // DEL and UNLINK invalidate.
    for (const std::string drop : {"DEL", "UNLINK"}) {
        eventually("it is stored", [&] {
            CHECK(bulk_text(client.call({"GET", "active_bets:limit_100"})) == value);
            return platform.in_redis({"EXISTS", "active_bets:limit_100"}) == ":1\r\n";
        });
        CHECK(client.call({drop, "active_bets:limit_100"}) == ":1\r\n");
        CHECK(platform.in_redis({"EXISTS", "active_bets:limit_100"}) == ":0\r\n");
    }
}

TEST_CASE("active_bets: DEL makes a changed row visible at once", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();

    for (int round = 1; round <= 20; ++round) {
        const auto amount = std::to_string(round) + ".25";
        client.call({"GET", "active_bets:limit_3"});
        platform.postgres.execute("UPDATE bets SET amount = " + amount + " WHERE id = (SELECT max(id) FROM bets WHERE status = 'OPEN')");
        client.send_raw("DEL active_bets:limit_3\r\nGET active_bets:limit_3\r\n");
        client.read_reply();
        CHECK(bulk_text(client.read_reply()).find("\"amount\":" + amount + ",") != std::string::npos);
    }
}

TEST_CASE("bet_count: each status has its count, as a counter that lives for a second", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();

    for (const std::string status : {"OPEN", "SETTLED", "CASHED_OUT", "CANCELLED"}) {
        const auto key = "bet_count:" + status;
        const auto count = platform.postgres.execute("SELECT count(*) FROM bets WHERE status = '" + status + "'")[0][0];
        CHECK(count != "0");
        CHECK(bulk_text(client.call({"GET", key})) == count);
        CHECK(bulk_text(client.call({"GET", key})) == count);
        CHECK(client.call({"INCR", key}) ==
              "-READONLY key '" + key + "' is filled from PostgreSQL by mapping 'bet_count'; DEL invalidates it\r\n");
    }
    eventually("OPEN is stored as a string with a TTL", [&] {
        client.call({"GET", "bet_count:OPEN"});
        const int left = betting_platform::number(platform.in_redis({"PTTL", "bet_count:OPEN"}));
        CHECK(left <= 1'000);
        return left > 0 && platform.in_redis({"TYPE", "bet_count:OPEN"}) == "+string\r\n";
    });

    platform.postgres.execute("INSERT INTO bets (user_id, event_id, amount) VALUES (1, 1, 5)");
    const auto count = platform.postgres.execute("SELECT count(*) FROM bets WHERE status = 'OPEN'")[0][0];
    eventually("a new bet is counted", [&] { return bulk_text(client.call({"GET", "bet_count:OPEN"})) == count; }, 2s);
}

TEST_CASE("bet_count: an unknown status is nil, and costs one query per negative TTL", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    constexpr std::string_view words = "enum_range";   // of the mapping's query, and of no other
    constexpr int reads = 200;

    // The negative TTL is 1 s. Should the machine take longer than that for the reads, they are no proof: another status then.
    bool in_time = false;
    for (int attempt = 0; attempt < 5 && !in_time; ++attempt) {
        const auto key = "bet_count:UNKNOWN" + std::to_string(attempt);
        const int before = platform.queries_with(std::string(words));
        const auto begin = steady_clock::now();
        for (int i = 0; i < reads; ++i) CHECK(client.call({"GET", key}) == "$-1\r\n");
        in_time = steady_clock::now() - begin < 900ms;
        if (!in_time) continue;
        CHECK(platform.queries_with(std::string(words)) == before + 1);
        CHECK(platform.in_redis({"EXISTS", key}) == ":0\r\n");

        eventually("it is asked again", [&] {
            CHECK(client.call({"GET", key}) == "$-1\r\n");
            return platform.queries_with(std::string(words)) == before + 2;
        });
        CHECK(steady_clock::now() - begin > 900ms);
    }
    CHECK(in_time);
    CHECK(platform.stat("bet_count", "negative_hits") > 0);
}

TEST_CASE("session: one that only PostgreSQL has is filled from there", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();

    for (const std::string id : {"anna", "bert"}) {
        const auto expected = session_in_postgres(platform, id);
        CHECK(hash_of(client.call({"HGETALL", "session:" + id})) == expected);
        eventually("it is stored", [&] { return platform.in_redis({"TYPE", "session:" + id}) == "+hash\r\n"; });
        CHECK(hash_of(client.call({"HGETALL", "session:" + id})) == expected);
        CHECK(hash_of(platform.in_redis({"HGETALL", "session:" + id})) == expected);
        CHECK(platform.seconds_left("session:" + id) > session_ttl - 60);
        CHECK(platform.seconds_left("session:" + id) <= session_ttl);
    }
    CHECK(hash_of(client.call({"HGETALL", "session:anna"})).at("roles") == R"(["punter","vip, gold"])");
    CHECK(client.call({"HGETALL", "session:gone"}) == "*0\r\n");
    CHECK(client.call({"HGETALL", "session:none"}) == "*0\r\n");
    CHECK(client.call({"HGET", "session:none", "name"}) == "$-1\r\n");
}

TEST_CASE("session: a client's write goes to Redis and puts the hour, which each write renews", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto is_full = [&](const std::string& key) {
        const int left = platform.seconds_left(key);
        return left > session_ttl - 60 && left <= session_ttl;
    };

    CHECK(client.call({"HSET", "session:new", "user_id", "7", "name", "New"}) == ":2\r\n");
    CHECK(platform.in_redis({"HGET", "session:new", "name"}) == "$3\r\nNew\r\n");
    CHECK(is_full("session:new"));

    for (const std::string line : {"HSET session:new name Newer", "HINCRBY session:new visits 1", "HSETNX session:new a b",
                                   "HDEL session:new a", "HMSET session:new c d", "PERSIST session:new"}) {
        INFO(line);
        CHECK(platform.in_redis({"EXPIRE", "session:new", "100"}) == ":1\r\n");
        CHECK(!client.call(words_of(line)).starts_with('-'));
        CHECK(is_full("session:new"));
    }
    CHECK(client.call({"HGETALL", "session:new"}) == platform.in_redis({"HGETALL", "session:new"}));
    CHECK(platform.stat("session", "refused_writes") == 0);
}

TEST_CASE("session: a client may shorten the TTL but not lengthen it", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    CHECK(client.call({"HSET", "session:new", "name", "New"}) == ":1\r\n");

    CHECK(client.call({"EXPIRE", "session:new", "60"}) == ":1\r\n");
    CHECK(platform.seconds_left("session:new") <= 60);
    CHECK(client.call({"TTL", "session:new"}) == platform.in_redis({"TTL", "session:new"}));

    for (const std::string line : {"EXPIRE session:new 86400", "PEXPIRE session:new 86400000", "EXPIREAT session:new 4102444800",
                                   "PEXPIREAT session:new 4102444800000"}) {
        INFO(line);
        CHECK(client.call(words_of(line)) == ":1\r\n");
        CHECK(platform.seconds_left("session:new") > 60);
        CHECK(platform.seconds_left("session:new") <= session_ttl);
        CHECK(platform.in_redis({"EXPIRE", "session:new", "60"}) == ":1\r\n");
    }
}

TEST_CASE("session: writing one field of a session that only PostgreSQL has keeps the others", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    auto expected = session_in_postgres(platform, "anna");

    CHECK(client.call({"HSET", "session:anna", "name", "changed"}) == ":0\r\n");   // not a new field: it was filled first
    expected["name"] = "changed";
    CHECK(hash_of(client.call({"HGETALL", "session:anna"})) == expected);
    CHECK(platform.seconds_left("session:anna") > session_ttl - 60);

    auto of_bert = session_in_postgres(platform, "bert");
    CHECK(client.call({"HDEL", "session:bert", "roles"}) == ":1\r\n");
    of_bert.erase("roles");
    CHECK(hash_of(client.call({"HGETALL", "session:bert"})) == of_bert);
    CHECK(client.call({"HINCRBY", "session:bert", "user_id", "40"}) == ":42\r\n");
}

TEST_CASE("session: DEL drops it, and the next read fills it again", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto expected = session_in_postgres(platform, "anna");
    CHECK(client.call({"HSET", "session:anna", "name", "changed"}) == ":0\r\n");

    for (const std::string drop : {"DEL", "UNLINK"}) {
        const int fills = platform.stat("session", "fills");
        CHECK(client.call({drop, "session:anna"}) == ":1\r\n");
        CHECK(platform.in_redis({"EXISTS", "session:anna"}) == ":0\r\n");
        CHECK(hash_of(client.call({"HGETALL", "session:anna"})) == expected);
        CHECK(platform.stat("session", "fills") == fills + 1);
        eventually("it is stored", [&] { return platform.in_redis({"EXISTS", "session:anna"}) == ":1\r\n"; });
    }
    // A remembered "no row" does not outlive a DEL, nor a write.
    CHECK(client.call({"HGETALL", "session:late"}) == "*0\r\n");
    platform.postgres.execute("INSERT INTO sessions (session_id, user_id, name) VALUES ('late', 4, 'Late')");
    CHECK(client.call({"DEL", "session:late"}) == ":0\r\n");
    CHECK(hash_of(client.call({"HGETALL", "session:late"})) == session_in_postgres(platform, "late"));
    CHECK(client.call({"HGETALL", "session:later"}) == "*0\r\n");
    CHECK(client.call({"HSET", "session:later", "name", "L"}) == ":1\r\n");
    CHECK(client.call({"HGETALL", "session:later"}) == "*2\r\n$4\r\nname\r\n$1\r\nL\r\n");
}

TEST_CASE("session: pipelined writes and reads of one session take effect in their order", "[e2e]") {
    betting_platform platform;
    auto client = platform.client();
    const auto of_anna = session_in_postgres(platform, "anna");

    for (int round = 0; round < 50; ++round) {
        INFO("round " << round);
        client.send_raw(
            "HSET session:new name A\r\nHGET session:new name\r\nHSET session:new name B other C\r\nHGETALL session:new\r\n"
            "DEL session:new\r\nHGETALL session:new\r\nHSET session:anna name changed\r\nHGET session:anna name\r\nPING\r\n"
            "DEL session:anna\r\nHGETALL session:anna\r\nDEL session:anna\r\n");
        CHECK(client.read_reply() == ":1\r\n");
        CHECK(client.read_reply() == "$1\r\nA\r\n");
        CHECK(client.read_reply() == ":1\r\n");
        CHECK(hash_of(client.read_reply()) == std::map<std::string, std::string>{{"name", "B"}, {"other", "C"}});
        CHECK(client.read_reply() == ":1\r\n");
        CHECK(client.read_reply() == "*0\r\n");
        CHECK(client.read_reply() == ":0\r\n");
        CHECK(client.read_reply() == "$7\r\nchanged\r\n");
        CHECK(client.read_reply() == "+PONG\r\n");
        CHECK(client.read_reply() == ":1\r\n");
        CHECK(hash_of(client.read_reply()) == of_anna);
        client.read_reply();   // 1, or 0 when the fill was answered but is not stored yet
    }
}
