#pragma once

#include "backends/redis/client.hpp"

namespace respgres::proxy {

// The three scripts by which proxies agree on who fills a key (consistency protocol, "lease"). All keys of one call are in one cluster slot.
namespace lease_scripts {

// What `acquire` answers.
enum class acquired : int { held = 0, granted = 1, present = 2, absent = 3 };

// KEYS: key, lease, tombstone, and the mapping's registry if it keeps one. ARGV: token, lease_ms, "1" to look whether the key is there first ("0": refresh it
// although it is). One round trip instead of GET, GET, SET: nobody can come between the look and the lease. Nor between the lease and the
// registry, so that who reads the registry after a change finds every key whose fill may have missed it.
inline constexpr std::string_view acquire = R"lua(
if ARGV[3] == '1' then
    if redis.call('EXISTS', KEYS[1]) == 1 then return 2 end
    if redis.call('EXISTS', KEYS[3]) == 1 then return 3 end
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
    if KEYS[4] then redis.call('SADD', KEYS[4], KEYS[1]) end
    return 1
end
return 0
)lua";

// KEYS: key, lease, tombstone. ARGV: token, ttl_ms, "keep" | "replace" (keep: a key that exists is left alone, for mappings whose primary is
// Redis), kind, data ... Returns 1 if the value is stored, 0 if the lease is gone: the key was invalidated meanwhile.
// `unpack` is fed in pieces: Lua's stack takes about 8000 values.
inline constexpr std::string_view commit = R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[3] == 'keep' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('UNLINK', KEYS[1], KEYS[3])
local kind = ARGV[4]
if kind == 'absent' then
    redis.call('SET', KEYS[3], '', 'PX', ARGV[2])
    return 1
end
if kind == 'string' then
    redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[2])
    return 1
end
local add = {hash = 'HSET', list = 'RPUSH', set = 'SADD', zset = 'ZADD'}
for first = 5, #ARGV, 500 do
    redis.call(add[kind], KEYS[1], unpack(ARGV, first, math.min(first + 499, #ARGV)))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
)lua";

// KEYS: lease. ARGV: token. Gives the lease back after a failed query, so that others need not wait for it to lapse.
inline constexpr std::string_view release = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)lua";

redis::script acquire_script();
redis::script commit_script();
redis::script release_script();

}  // namespace lease_scripts

}  // namespace respgres::proxy
