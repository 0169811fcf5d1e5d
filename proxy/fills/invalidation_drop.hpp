#pragma once

#include "backends/redis/client.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace respgres::proxy {

// How all keys of a mapping are found: by the set of its filled keys, or by a scan of the whole database. A set that is kept for a rule
// only lacks the keys that were filled before there was that rule.
enum class whole_drop : std::uint8_t {
    by_registry,  // by the set, if one is kept
    by_wide_registry,  // by the set, if it is kept because changes concern all of the keys
    by_scan,
};

// Drops keys, and all keys of mappings. When it has succeeded Redis has acknowledged every deletion. The references must outlive it.
// Errors: those of exchange(); server_error with Redis' words.
boost::asio::awaitable<backends::outcome<void>> drop_invalidated(redis::sender& over, const mapping_table& mappings,
                                                                 const invalidation& what, whole_drop how);

}  // namespace respgres::proxy
