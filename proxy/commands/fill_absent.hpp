#pragma once

#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/worker_services.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace respgres::proxy {

// Fills those of `keys` that Redis does not hold, all at the same time, and waits until it holds them. An error reply when that fails. What the
// keys' views refer to must outlive the call.
boost::asio::awaitable<std::optional<std::string>> fill_absent(worker_services& services, const mapped_keys& keys);

}  // namespace respgres::proxy
