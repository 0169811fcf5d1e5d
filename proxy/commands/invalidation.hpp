#pragma once

#include "proxy/commands/worker_services.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace respgres::proxy {

// The order of an invalidation: first what lets a fill under way be stored (the lease) and what stands for "no row", then the value. The other way
// round a fill could store the old value between the two (consistency protocol 2.4).

// Appends the command that drops the lease and the tombstone of `key`: one reply.
void append_drop_side_keys(std::string& out, std::string_view key);

// Drops all mapped keys that match the glob, and stops fills of such keys that are under way anywhere from being stored. Scans the whole database when `glob` has wildcards:
// bounded work per step, so Redis stays responsive. Returns the number of keys that were there.
boost::asio::awaitable<backends::outcome<std::size_t>> invalidate_matching(worker_services& services, std::string glob);

}  // namespace respgres::proxy
