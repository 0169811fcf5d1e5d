#pragma once

#include "protocol/resp/reply_writer.hpp"
#include "proxy/values/value.hpp"

#include <chrono>
#include <span>
#include <string_view>

namespace respgres::proxy {

// Whether evaluate() knows the command (lower-case name). Commands on exactly one key, all read-only:
// GET STRLEN GETRANGE SUBSTR | HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSTRLEN | LRANGE LLEN LINDEX | SMEMBERS SCARD SISMEMBER
// SMISMEMBER | ZRANGE (by index, BYSCORE, REV, LIMIT, WITHSCORES) ZRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZSCORE ZMSCORE ZCARD ZCOUNT
// ZRANK ZREVRANK | EXISTS TTL PTTL EXPIRETIME PEXPIRETIME TYPE | and MGET with one key.
bool can_evaluate(std::string_view command);

// Answers a read command from a value in memory, byte for byte as Redis 7 would if it held the value under the key (WRONGTYPE, syntax
// and range errors included). `arguments[0]` is the name in any case, [1] the key. `remaining` is the TTL that the key has (TTL rounds
// as Redis does); `now` is the wall clock for EXPIRETIME. False: not a command of can_evaluate, nothing written.
bool evaluate(std::span<const std::string_view> arguments, const value& v, std::chrono::milliseconds remaining,
              std::chrono::system_clock::time_point now, protocol::reply_writer& out);

}  // namespace respgres::proxy
