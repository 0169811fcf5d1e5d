#pragma once

#include "proxy/commands/worker_services.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace respgres::proxy {

// A client's commands and what the proxy adds to them on its own account: leases and tombstones that go before, times to live that are set afterwards.
struct own_and_theirs {
    std::string before;
    std::size_t before_count = 0;
    std::string theirs;
    std::size_t theirs_count = 1;
    std::string after;
    std::size_t after_count = 0;
};

// Gives a key the time to live of its mapping; as the upper limit where the client's command sets one itself.
void append_expiry(std::string& out, std::string_view key, const mapping& source, bool is_limit);

// Sends all in one piece over `through`; where Redis' ACL holds for the client, what is the proxy's own goes over a connection of the proxy's, one after
// the other. Returns the replies to the client's own commands.
boost::asio::awaitable<backends::outcome<redis::raw_replies>> exchange_with_own(worker_services& services, session& client,
                                                                                redis::sender& through, own_and_theirs commands);

}  // namespace respgres::proxy
