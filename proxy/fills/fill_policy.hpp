#pragma once

#include "conf/settings.hpp"

#include <chrono>
#include <string_view>

namespace respgres::proxy {

// When values expire and are refreshed. Pure: time and chance are parameters.

// The TTL that a key of this mapping gets: the mapping's, shortened by up to ttl_jitter of it, so that keys filled at the same moment do not expire at
// the same moment. The part is taken from the key's hash, not from chance: every proxy gives a key the same TTL, so a key's age can be
// read off the TTL that it has left.
std::chrono::milliseconds ttl_of(const conf::mapping_settings& mapping, std::string_view key);

// The expiry that is set in Redis: ttl_of plus the time that a stale value may be served.
std::chrono::milliseconds expiry_of(const conf::mapping_settings& mapping, std::string_view key);

enum class freshness { fresh, refresh_ahead, stale };

// What a hit with `left` until its expiry in Redis is: stale when its TTL proper has passed; otherwise refresh_ahead with the probability of XFetch
// (Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015):
// now - cost * beta * ln(random) >= expiry, where `cost` is what a fill takes and `random` is in (0, 1].
freshness judge(const conf::mapping_settings& mapping, std::chrono::milliseconds left, std::chrono::nanoseconds cost, double random);

// Whether judge() can say anything but fresh, i.e. whether a hit needs to ask for the TTL.
bool needs_ttl(const conf::mapping_settings& mapping);

}  // namespace respgres::proxy
