#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/commands/reply_tasks.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace respgres::proxy {

// One command that the proxy answers itself, while it is answered.
struct local_call {
    worker_services& services;
    session& client;
    protocol::command_words words;
    std::string_view frame;
    protocol::reply_writer& out;         // the reply, unless the handler says something else

    enum class ending { replied, to_redis, close_after, unanswered } how = ending::replied;
    boost::asio::awaitable<std::string> later{};   // set: a task gives the reply
};

using local_handler = void (*)(local_call&);

struct local_row {
    std::string_view name;               // as in the command table
    local_handler run;
};

// The handlers by subject; every row of the command table with handling `local` has one (a test looks).
std::span<const local_row> auth_commands();         // AUTH, HELLO
std::span<const local_row> acl_commands();          // ACL ...
std::span<const local_row> connection_commands();   // PING, ECHO, QUIT, RESET, SELECT, READONLY ...
std::span<const local_row> client_commands();       // CLIENT ...
std::span<const local_row> proxy_commands();        // PROXY ..., INFO

class local_commands {
public:
    local_commands(worker_services& services, reply_tasks& tasks);

    command_sink::verdict run(session& client, const protocol::command_info& command, protocol::command_words words,
                              std::string_view frame);

    static local_handler find(std::string_view name);

private:
    worker_services& services_;
    reply_tasks& tasks_;
    std::unordered_map<const protocol::command_info*, local_handler> handlers_;
};

}  // namespace respgres::proxy
