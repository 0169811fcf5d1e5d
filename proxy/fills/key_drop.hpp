#pragma once

#include "backends/redis/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace respgres::proxy {

// Dropping mapped keys. The order: first what lets a fill under way be stored (the lease) and what stands for "no row", then the value. The other way round a
// fill could store the old value between the two (consistency protocol 2.4).

// Appends the commands that drop `keys`, which are not empty, with their leases and tombstones. Returns how many replies they have, each an integer; the
// last is the number of values that were there.
std::size_t append_drop(std::string& out, std::span<const std::string> keys);

// Looks at names that a scan finds.
using name_filter = std::function<bool(const std::string& name)>;

// Unlinks every name that matches the glob and that `wanted` takes; returns how many were there. Bounded work per step, so Redis stays responsive. Names that are there from
// the beginning to the end are found, others may be.
boost::asio::awaitable<backends::outcome<std::size_t>> unlink_scanned(redis::client& redis, std::string glob, const name_filter& wanted);

// Drops every key that matches the glob: first the leases and tombstones of those that `wanted` takes, then the values that `found` takes, which is
// asked once for each. Returns the number of values.
boost::asio::awaitable<backends::outcome<std::size_t>> drop_scanned(redis::client& redis, std::string glob, const name_filter& wanted,
                                                                    const name_filter& found);

// Unlinks the names and returns how many were there.
boost::asio::awaitable<backends::outcome<std::size_t>> unlink(redis::client& redis, std::span<const std::string> names);

}  // namespace respgres::proxy
