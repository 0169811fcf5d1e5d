#pragma once

#include "backends/redis/client.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/awaitable.hpp>

namespace respgres::proxy {

// Whether the set of a mapping's filled keys may be trusted to have all of them.
enum class whole_drop : std::uint8_t { by_registry, by_scan };

// Drops keys, and all keys of mappings: of those with a registry by that, of others by a scan of the whole database. When it has succeeded Redis has
// acknowledged every deletion. The references must outlive it. Errors: those of exchange(); server_error with Redis' words.
boost::asio::awaitable<backends::outcome<void>> drop_invalidated(redis::sender& over, const mapping_table& mappings,
                                                                 const invalidation& what, whole_drop how = whole_drop::by_registry);

}  // namespace respgres::proxy
