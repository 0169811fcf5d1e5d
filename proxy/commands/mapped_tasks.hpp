#pragma once

#include "protocol/commands/command_table.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/lookups/command_route.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// A command that outlives the request's bytes.
struct owned_command {
    owned_command(protocol::command_words words, std::string_view received_frame);

    // The words as the command table takes them; valid as long as this is not changed.
    std::vector<std::string_view> views() const { return {words.begin(), words.end()}; }

    std::string frame;                   // canonical
    std::vector<std::string> words;
};

// Commands on mapped keys that take more than one exchange with Redis. Each returns the bytes of the reply. What `route` refers to must outlive it.

// MGET with at least one mapped key: what Redis lacks is filled, all keys at the same time.
boost::asio::awaitable<std::string> mget_task(worker_services& services, owned_command command, command_route route,
                                              protocol::resp_version version);

// Any other command that reads mapped keys: those that Redis lacks are filled and stored, then Redis carries the command out.
boost::asio::awaitable<std::string> fill_then_forward_task(worker_services& services, const protocol::command_info& info,
                                                           owned_command command, command_route route);

// A write to keys whose primary is Redis (others may be among them, read only). What the command changes rather than replaces is filled first; afterwards each
// written key has the mapping's TTL: put anew, or as the upper limit where the command sets an expiry itself.
boost::asio::awaitable<std::string> primary_write_task(worker_services& services, const protocol::command_info& info, owned_command command,
                                                       command_route route);

}  // namespace respgres::proxy
