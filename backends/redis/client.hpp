#pragma once

#include "backends/errors.hpp"
#include "backends/redis/link.hpp"
#include "backends/redis/reply.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>
#include <vector>

namespace respgres::redis {

using arguments = std::vector<std::string_view>;

// Whole replies as Redis sent them, one string each.
using raw_replies = std::vector<std::string>;

// Sends `commands`, which is `count` whole commands, and returns their replies as bytes. Errors: not_connected, with the sender's words; those of
// connection. Cannot be cancelled: closing the connection ends it, as a link's time limit does. The sender must outlive the call.
boost::asio::awaitable<backends::outcome<raw_replies>> exchange(sender& over, std::string commands, std::size_t count);

// The proxy's own commands (scripts, scans, invalidations) as coroutines, over a RESP2 link that they share with the clients' commands and in
// order with them, or over a connection of their own. Not thread-safe: the sender's thread. The sender must outlive the calls.
class client {
public:
    explicit client(sender& over) : over_(over) {}

    // Sends one command. `words` are copied before it returns to the caller's executor. Errors: those of exchange(); an error reply of Redis is a value
    // (redis::is_error). Cannot be cancelled: the link's time limit bounds it.
    boost::asio::awaitable<backends::outcome<reply>> call(const arguments& words);

    // Sends several commands in one write; as many replies.
    boost::asio::awaitable<backends::outcome<std::vector<reply>>> call_all(const std::vector<arguments>& commands);

private:
    sender& over_;
};

// A Lua script that is sent by its hash, and whole when the server does not know it.
struct script {
    std::string_view body;
    std::string_view sha1;  // lower-case hex: script_hash(body)
};

// SHA-1 of the body, as EVALSHA wants it.
std::string script_hash(std::string_view body);

// Runs a script with EVALSHA, once more with EVAL on NOSCRIPT. `words` = number of keys, keys, arguments. Errors as call().
boost::asio::awaitable<backends::outcome<reply>> run_script(client& redis, script what, const arguments& words);

}  // namespace respgres::redis
