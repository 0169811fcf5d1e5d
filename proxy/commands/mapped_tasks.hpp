#pragma once

#include "protocol/commands/command_table.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/invalidations/invalidation.hpp"

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

// Commands on mapped keys that take more than one exchange with Redis. Each returns the bytes of the reply for the client, which is paused meanwhile.

// MGET with at least one mapped key: what Redis lacks is filled, all keys at the same time.
boost::asio::awaitable<std::string> mget_task(worker_services& services, session& client, owned_command command);

// Any other command that reads mapped keys: those that Redis lacks are filled and stored, then Redis carries the command out.
boost::asio::awaitable<std::string> fill_then_forward_task(worker_services& services, session& client, const protocol::command_info& info,
                                                           owned_command command);

// DEL and UNLINK of a client that goes to Redis as a user of its own: the proxy drops the keys' leases and tombstones in its own name first.
boost::asio::awaitable<std::string> drop_then_forward_task(worker_services& services, session& client, std::vector<std::string> keys,
                                                           owned_command command);

// Drops what a rule says, then Redis carries the command out, whether or not the first went well.
boost::asio::awaitable<std::string> rule_then_forward_task(worker_services& services, session& client, invalidation what, bool writes,
                                                           owned_command command);

// A write to keys whose primary is Redis (others may be among them, read only). What the command changes rather than replaces is filled first; afterwards each
// written key has the mapping's TTL: put anew, or as the upper limit where the command sets an expiry itself.
boost::asio::awaitable<std::string> primary_write_task(worker_services& services, session& client, const protocol::command_info& info,
                                                       owned_command command);

}  // namespace respgres::proxy
