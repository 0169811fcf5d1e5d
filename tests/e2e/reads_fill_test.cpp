// Each read command on a mapped key that Redis does not hold fills it first, and gives what it gives when the key is there.
#include "tests/e2e/shapes_platform.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace respgres::tests;

namespace {

// Mapped keys of shapes_platform.hpp, and keys without a mapping that each command finds in Redis.
constexpr std::string_view unmapped_keys[] = {"SET text other", "SADD set 0 12 x", "ZADD sorted 1 plain 2 x", "RPUSH list 1 2",
                                              "PFADD hll x"};

struct read_command {
    std::string_view key;    // the mapped one
    std::string_view line;
    likeness how = likeness::exact;
};

constexpr read_command reads[] = {
    // Of any type.
    {"string_note:1", "EXISTS string_note:1"},
    {"string_note:1", "EXISTS string_note:1 text none string_note:1"},
    {"string_note:1", "TYPE string_note:1"},
    {"hash:1", "TYPE hash:1"},
    {"hash:1", "EXISTS hash:1"},
    {"string_note:1", "TTL string_note:1", likeness::numbers},
    {"string_note:1", "PTTL string_note:1", likeness::numbers},
    {"list_id", "EXPIRETIME list_id", likeness::numbers},
    {"list_id", "PEXPIRETIME list_id", likeness::numbers},
    {"string_note:1", "OBJECT ENCODING string_note:1"},
    {"string_large:1", "OBJECT ENCODING string_large:1"},
    {"hash:1", "OBJECT ENCODING hash:1"},
    {"list_note", "OBJECT ENCODING list_note"},
    {"set_id", "OBJECT ENCODING set_id"},
    {"zset", "OBJECT ENCODING zset"},
    {"string_note:1", "OBJECT REFCOUNT string_note:1"},
    {"string_note:1", "OBJECT IDLETIME string_note:1", likeness::numbers},
    {"string_note:1", "OBJECT FREQ string_note:1"},
    {"string_note:1", "DUMP string_note:1"},
    {"list_id", "DUMP list_id"},
    {"zset", "DUMP zset"},
    {"string_note:1", "TOUCH string_note:1"},
    {"string_note:1", "MEMORY USAGE string_note:1"},
    {"string_note:1", "COPY string_note:1 copied"},

    // Strings.
    {"string_note:1", "GET string_note:1"},
    {"string_note:1", "get string_note:1"},
    {"string_note:1", "STRLEN string_note:1"},
    {"string_note:1", "GETRANGE string_note:1 1 -2"},
    {"string_note:1", "GETRANGE string_note:1 100 200"},
    {"string_note:1", "GETRANGE string_note:1 a b"},
    {"string_note:1", "SUBSTR string_note:1 0 0"},
    {"string_note:1", "GETBIT string_note:1 1"},
    {"string_note:1", "GETBIT string_note:1 0"},
    {"string_note:1", "BITCOUNT string_note:1"},
    {"string_note:1", "BITPOS string_note:1 1"},
    {"string_note:1", "BITFIELD_RO string_note:1 GET u8 0"},
    {"string_note:1", "MGET string_note:1"},
    {"string_note:1", "MGET text string_note:1 none string_note:4 string_note:1 hash:1 set"},
    {"string_note:1", "LCS string_note:1 text"},
    {"string_note:1", "BITOP NOT notted string_note:1"},
    {"string_note:1", "PFCOUNT string_note:1"},
    {"string_note:1", "SINTERCARD 1 string_note:1"},
    {"string_raw:1", "GET string_raw:1"},
    {"string_raw:2", "GET string_raw:2"},
    {"string_raw:2", "STRLEN string_raw:2"},
    {"string_raw:2", "EXISTS string_raw:2"},
    {"counter:2", "GET counter:2"},
    {"row:5", "GET row:5"},
    {"row:5", "STRLEN row:5"},
    {"json:99", "STRLEN json:99"},

    // Hashes.
    {"hash:1", "HGET hash:1 note"},
    {"hash:1", "HGET hash:1 nothing"},
    {"hash:1", "HMGET hash:1 id nothing none note"},
    {"hash:1", "HGETALL hash:1", likeness::sorted},
    {"hash:1", "HKEYS hash:1", likeness::sorted},
    {"hash:1", "HVALS hash:1", likeness::sorted},
    {"hash:1", "HLEN hash:1"},
    {"hash:1", "HEXISTS hash:1 note"},
    {"hash:1", "HEXISTS hash:1 nothing"},
    {"hash:1", "HSTRLEN hash:1 note"},
    {"hash:1", "HRANDFIELD hash:1 100", likeness::sorted},
    {"hash:4", "HRANDFIELD hash:4"},   // only its id is not NULL
    {"hash:1", "HSCAN hash:1 0", likeness::sorted},
    {"hash:1", "HSCAN hash:1 0 MATCH no* COUNT 100", likeness::sorted},

    // Lists.
    {"list_note", "LRANGE list_note 0 -1"},
    {"list_note", "LRANGE list_note 1 1"},
    {"list_note", "LRANGE list_note 100 200"},
    {"list_note", "LLEN list_note"},
    {"list_note", "LINDEX list_note -1"},
    {"list_note", "LINDEX list_note 100"},
    {"list_note", "LPOS list_note plain"},
    {"list_note", "LPOS list_note none"},
    {"list_note", "LPOS list_note plain COUNT 0"},
    {"list_id", "SORT_RO list_id DESC"},
    {"list_id", "SORT list_id DESC"},
    {"list_id", "SORT list_id STORE sorted_copy"},

    // Sets.
    {"set_id", "SMEMBERS set_id"},
    {"set_note", "SMEMBERS set_note", likeness::sorted},
    {"set_note", "SCARD set_note"},
    {"set_note", "SISMEMBER set_note plain"},
    {"set_note", "SISMEMBER set_note none"},
    {"set_note", "SMISMEMBER set_note plain none"},
    {"set_id", "SRANDMEMBER set_id 100"},
    {"set_id", "SRANDMEMBER set_id", likeness::shape},
    {"set_id", "SSCAN set_id 0"},
    {"set_note", "SUNION set_note set", likeness::sorted},
    {"set_note", "SUNION none set_note", likeness::sorted},
    {"set_note", "SINTER set set_note"},
    {"set_note", "SINTERCARD 2 set set_note"},
    {"set_note", "SDIFF set set_note", likeness::sorted},
    {"set_note", "SUNIONSTORE united set_note set"},
    {"set_note", "SDIFFSTORE differing set_note set"},
    {"set_note", "ZUNION 2 set_note sorted WITHSCORES"},

    // Sorted sets.
    {"zset", "ZRANGE zset 0 -1"},
    {"zset", "ZRANGE zset 0 -1 WITHSCORES"},
    {"zset", "ZRANGE zset (0 +inf BYSCORE LIMIT 0 1"},
    {"zset", "ZRANGE zset 5 9"},
    {"zset", "ZREVRANGE zset 0 0 WITHSCORES"},
    {"zset", "ZRANGEBYSCORE zset -inf 1 WITHSCORES"},
    {"zset", "ZREVRANGEBYSCORE zset +inf 1"},
    {"zset", "ZRANGEBYLEX zset - +"},
    {"zset", "ZREVRANGEBYLEX zset + -"},
    {"zset", "ZLEXCOUNT zset - +"},
    {"zset", "ZSCORE zset plain"},
    {"zset", "ZSCORE zset none"},
    {"zset", "ZMSCORE zset plain none"},
    {"zset", "ZCARD zset"},
    {"zset", "ZCOUNT zset 0 1"},
    {"zset", "ZRANK zset plain"},
    {"zset", "ZREVRANK zset plain"},
    {"zset", "ZRANDMEMBER zset 100 WITHSCORES"},
    {"zset", "ZRANDMEMBER zset", likeness::shape},
    {"zset", "ZSCAN zset 0"},
    {"zset", "ZUNION 2 zset sorted WITHSCORES"},
    {"zset", "ZINTER 2 sorted zset WITHSCORES"},
    {"zset", "ZINTERCARD 2 zset sorted"},
    {"zset", "ZDIFF 2 zset sorted"},
    {"zset", "ZUNIONSTORE zunited 2 zset sorted"},
    {"zset", "ZRANGESTORE zpart zset 0 1"},
    {"zset", "SORT_RO zset BY nosort"},
    {"zset", "GEOPOS zset plain none"},

    // Scripts that name the key.
    {"string_note:1", "EVAL \"return redis.call('GET', KEYS[1])\" 1 string_note:1"},
    {"string_note:1", "EVAL_RO \"return redis.call('GET', KEYS[2])\" 2 text string_note:1"},
    {"hash:1", "EVAL \"return redis.call('HGET', KEYS[1], 'note')\" 1 hash:1"},

    // Of the wrong type.
    {"string_note:1", "LRANGE string_note:1 0 -1"},
    {"string_note:1", "HGET string_note:1 f"},
    {"hash:1", "GET hash:1"},
    {"hash:1", "SMEMBERS hash:1"},
    {"list_note", "HGETALL list_note"},
    {"set_id", "ZRANGE set_id 0 -1"},
    {"zset", "SCARD zset"},
    {"zset", "STRLEN zset"},

    // With errors of their own.
    {"zset", "ZRANGE zset a b"},
    {"zset", "ZRANGEBYSCORE zset x y"},
    {"list_note", "LINDEX list_note x"},
    {"set_note", "SSCAN set_note x"},
};

// Redis holds the unmapped keys only.
void empty_redis(const shapes_platform& platform) {
    resp_client redis(platform.redis.port());
    redis.call({"FLUSHALL"});
    for (const auto line : unmapped_keys) redis.call(words_of(line));
}

// Keys that the proxy fills before it is asked: by a read that any shape allows.
void fill(const shapes_platform& platform, resp_client& client, const std::string& key) {
    const auto type = client.call({"TYPE", key});
    if (type != "+none\r\n") platform.wait_until_stored(key);
}

void compare_reads(const shapes_platform& platform, resp_client& client, resp_client& direct) {
    for (const auto& [key, line, how] : reads) {
        INFO(line);
        const auto words = words_of(line);
        empty_redis(platform);
        for (const std::string_view each : {key, std::string_view("string_note:1"), std::string_view("hash:1")})
            fill(platform, client, std::string(each));
        const auto expected = direct.call(words);   // the mapped keys are there
        empty_redis(platform);

        const auto reply = client.call(words);

        CHECK(shortened(essence_of(reply, how)) == shortened(essence_of(expected, how)));
        if (!reply.starts_with('-')) platform.wait_until_stored(std::string(key));
        if (how == likeness::numbers) CHECK(reply.find("-") == reply.npos);   // no TTL of -2, no idle time below 0
    }
}

}  // namespace

TEST_CASE("reads fill: each read command of an absent mapped key gives what it gives when the key is there, RESP2", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();
    resp_client direct(platform.redis.port());

    compare_reads(platform, client, direct);
}

TEST_CASE("reads fill: each read command of an absent mapped key gives what it gives when the key is there, RESP3", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();
    resp_client direct(platform.redis.port());
    client.hello3();
    direct.hello3();

    compare_reads(platform, client, direct);
}
