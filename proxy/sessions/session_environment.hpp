#pragma once

#include "backends/net/poller.hpp"
#include "conf/settings.hpp"
#include "proxy/sessions/traffic.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace respgres::proxy {

class session;

// Decides what becomes of a client's command. One per worker.
class command_sink {
public:
    enum class verdict : std::uint8_t {
        taken,
        after_replies,   // not yet: it must see what the client's earlier commands did. It is given again when they have their replies.
    };

    // `arguments` holds at least the name; `frame` is the command in canonical form, empty if it came inline. Both last until the call returns.
    virtual verdict on_command(session& client, std::span<const std::string_view> arguments, std::string_view frame) = 0;

    // This is what the client has sent: carries out the commands at the front for which it needs no parser, and returns how many bytes of whole commands
    // they were. The others come to on_command().
    virtual std::size_t take_front(session& client, std::string_view input) = 0;

    // What the client sent is no RESP; its session is about to close.
    virtual void on_protocol_error(session& client, std::string_view error) = 0;

protected:
    ~command_sink() = default;
};

// Owns the sessions of a worker.
class session_owner {
public:
    // The session is closed and nobody refers to it any more. Called once, from within the session: it must be destroyed later, not in this call.
    virtual void on_closed(session& client) = 0;

protected:
    ~session_owner() = default;
};

// What all sessions of a worker share; it outlives them.
struct session_environment {
    net::poller& poller;
    traffic_pool& pool;
    command_sink& commands;
    session_owner& owner;
    const conf::server_settings& limits;
};

}  // namespace respgres::proxy
