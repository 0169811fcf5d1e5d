#pragma once

#include "backends/redis/client.hpp"
#include "backends/redis/scan_step.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The set of the keys that a mapping has filled (side_keys.hpp: registry_name), as those see it who drop them. A key is added with its lease, and forgotten
// by nobody but prune_registry().

// One SSCAN from `cursor` on ("0": the beginning). Errors: those of the client; server_error with Redis' words. The references must outlive it.
boost::asio::awaitable<backends::outcome<redis::scan_step>> scan_registry(redis::client& redis, const std::string& registry,
                                                                          std::string cursor, std::string_view count);

// Forgets those of `keys` of which nothing is left: no value, no lease, no tombstone. Errors: as above.
boost::asio::awaitable<backends::outcome<void>> prune_registry(redis::client& redis, const std::string& registry,
                                                               const std::vector<std::string>& keys);

// Looks at a hundred members from `cursor` on, and forgets those of which nothing is left. Returns the next cursor, "0" at the end. Errors: as above.
boost::asio::awaitable<backends::outcome<std::string>> forget_expired(redis::client& redis, const std::string& registry,
                                                                      std::string cursor);

}  // namespace respgres::proxy
