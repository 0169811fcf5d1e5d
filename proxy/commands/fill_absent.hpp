#pragma once

#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/lookups/command_route.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace respgres::proxy {

// Fills those of `keys` that Redis does not hold, all at the same time, and waits until it holds them. An error reply when that fails, or when what it holds cannot be
// proved to be fresh. `route`: the way of the client's command. What the keys' views refer to must outlive the call.
boost::asio::awaitable<std::optional<std::string>> fill_absent(worker_services& services, const command_route& route,
                                                               const mapped_keys& keys);

}  // namespace respgres::proxy
