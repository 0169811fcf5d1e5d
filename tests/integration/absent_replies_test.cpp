// What our tables say about Redis, asked of a real one: names, arities, flags, and the replies of read commands for an absent key.
#include "protocol/commands/command_table.hpp"
#include "protocol/commands/empty_reply.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace respgres::protocol;
using respgres::tests::redis_server;
using respgres::tests::resp_client;

namespace {

constexpr std::string_view reads_of_one_key[] = {
    "BITCOUNT k",
    "BITCOUNT k 0 -1",
    "BITFIELD k GET u8 0",
    "BITFIELD_RO k GET u8 0 GET u8 8",
    "BITFIELD_RO k",
    "BITPOS k 0",
    "BITPOS k 1",
    "BITPOS k 0 0 -1",
    "BITPOS k 1 0 -1 BIT",
    "DUMP k",
    "EXISTS k",
    "EXPIRETIME k",
    "GEODIST k a b km",
    "GEOHASH k a b",
    "GEOHASH k",
    "GEOPOS k a b",
    "GEORADIUS k 1 2 3 m",
    "GEORADIUSBYMEMBER k a 1 m",
    "GEORADIUSBYMEMBER_RO k a 1 m",
    "GEORADIUS_RO k 1 2 3 m WITHDIST",
    "GEOSEARCH k FROMMEMBER a BYRADIUS 1 m",
    "GEOSEARCH k FROMLONLAT 1 2 BYRADIUS 1 m WITHCOORD",
    "GET k",
    "GETBIT k 3",
    "GETRANGE k 0 -1",
    "GETRANGE k 5 1",
    "HEXISTS k f",
    "HGET k f",
    "HGETALL k",
    "HKEYS k",
    "HLEN k",
    "HMGET k f",
    "HMGET k f g h",
    "HRANDFIELD k",
    "HRANDFIELD k 2",
    "HRANDFIELD k -2 WITHVALUES",
    "HSCAN k 0",
    "HSCAN k 17 MATCH x COUNT 5",
    "HSTRLEN k f",
    "HVALS k",
    "LINDEX k 0",
    "LLEN k",
    "LPOS k a",
    "LPOS k a COUNT 0",
    "LPOS k a RANK -1",
    "LRANGE k 0 -1",
    "MEMORY USAGE k",
    "MGET k",
    "OBJECT ENCODING k",
    "OBJECT FREQ k",
    "OBJECT IDLETIME k",
    "OBJECT REFCOUNT k",
    "PEXPIRETIME k",
    "PFCOUNT k",
    "PTTL k",
    "SCARD k",
    "SDIFF k",
    "SINTER k",
    "SINTERCARD 1 k",
    "SISMEMBER k a",
    "SMEMBERS k",
    "SMISMEMBER k a b",
    "SORT k",
    "SORT_RO k",
    "SRANDMEMBER k",
    "SRANDMEMBER k 2",
    "SSCAN k 0",
    "STRLEN k",
    "SUBSTR k 0 -1",
    "SUNION k",
    "TOUCH k",
    "TTL k",
    "TYPE k",
    "XINFO CONSUMERS k g",
    "XINFO GROUPS k",
    "XINFO STREAM k",
    "XINFO STREAM k FULL",
    "XLEN k",
    "XPENDING k g",
    "XPENDING k g - + 10",
    "XRANGE k - +",
    "XRANGE k - + COUNT 2",
    "XREAD STREAMS k 0",
    "XREVRANGE k + -",
    "ZCARD k",
    "ZCOUNT k 0 1",
    "ZDIFF 1 k",
    "ZINTER 1 k",
    "ZINTERCARD 1 k",
    "ZLEXCOUNT k - +",
    "ZMSCORE k a b",
    "ZRANDMEMBER k",
    "ZRANDMEMBER k 2",
    "ZRANDMEMBER k 2 WITHSCORES",
    "ZRANGE k 0 -1",
    "ZRANGE k 0 -1 WITHSCORES",
    "ZRANGE k 0 1 BYSCORE",
    "ZRANGEBYLEX k - +",
    "ZRANGEBYSCORE k 0 1",
    "ZRANK k a",
    "ZREVRANGE k 0 -1",
    "ZREVRANGEBYLEX k + -",
    "ZREVRANGEBYSCORE k 1 0",
    "ZREVRANK k a",
    "ZSCAN k 0",
    "ZSCORE k a",
    "ZUNION 1 k",
};

std::vector<std::string> split(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

const command_info& row_of(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    const command_info* row = find_command(command_words(views));
    REQUIRE(row != nullptr);
    return *row;
}

void check_absent_replies(resp_client& client) {
    for (const std::string_view text : reads_of_one_key) {
        const auto words = split(text);
        const std::string reply = client.call(words);
        CAPTURE(text, reply);
        CHECK(may_mean_absent(row_of(words), reply));
        // The container's row, where there is one, must say the same.
        CHECK(may_mean_absent(*find_command(words[0]), reply));
    }
}

constexpr std::pair<std::string_view, std::uint32_t> flag_names[] = {
    {"write", command_flag::write},       {"readonly", command_flag::readonly}, {"denyoom", command_flag::denyoom},
    {"admin", command_flag::admin},       {"pubsub", command_flag::pubsub},     {"noscript", command_flag::noscript},
    {"blocking", command_flag::blocking}, {"loading", command_flag::loading},   {"stale", command_flag::stale},
    {"fast", command_flag::fast},         {"no_auth", command_flag::no_auth},   {"movablekeys", command_flag::movable_keys},
};

// COMMAND INFO answers with an array of: name, arity, array of flags ...
void check_facts(resp_client& client, const command_info& row) {
    const std::string name(row.name);
    const std::string expected =
        "*1\r\n*10\r\n$" + std::to_string(name.size()) + "\r\n" + name + "\r\n:" + std::to_string(row.arity) + "\r\n*";
    const std::string reply = client.call({"COMMAND", "INFO", name});
    REQUIRE(reply.substr(0, expected.size()) == expected);

    std::istringstream lines(reply.substr(expected.size()));
    std::string line;
    std::getline(lines, line);
    std::set<std::string> flags;
    for (int left = std::stoi(line); left > 0; --left) {
        std::getline(lines, line);
        flags.insert(line.substr(1, line.size() - 2));   // between '+' and CR
    }
    CAPTURE(name);
    for (const auto& [flag, bit] : flag_names) {
        CAPTURE(flag);
        CHECK(row.has(bit) == flags.contains(std::string(flag)));
    }
}

}  // namespace

TEST_CASE("may_mean_absent: is true for every real reply for an absent key, RESP2 and RESP3", "[integration]") {
    redis_server server;
    resp_client client(server.port());

    check_absent_replies(client);
    client.hello3();
    check_absent_replies(client);
}

TEST_CASE("may_mean_absent: the commands asked above are all reads of the table", "[integration]") {
    // On one key they cannot be asked, or any reply is possible.
    std::set<std::string_view> asked = {"eval_ro", "evalsha_ro", "fcall_ro", "lcs"};
    for (const std::string_view text : reads_of_one_key) {
        asked.insert(row_of(split(text)).name);
    }
    const auto check = [&](const command_info& row) {
        CAPTURE(row.name);
        CHECK((!row.has(command_flag::readonly) || !row.has_keys() || asked.contains(row.name)));
    };
    for (const command_info& command : all_commands()) {
        check(command);
        for (const command_info& subcommand : command.subcommands) {
            check(subcommand);
        }
    }
}

TEST_CASE("command_table: names, arities and flags are those of the server", "[integration]") {
    redis_server server;
    resp_client client(server.port());

    for (const command_info& command : all_commands()) {
        if (command.name == "proxy") {
            continue;
        }
        check_facts(client, command);
        for (const command_info& subcommand : command.subcommands) {
            check_facts(client, subcommand);
        }
    }
}
