#include "proxy/commands/local_commands.hpp"

#include "proxy/commands/mapped_tasks.hpp"
#include "proxy/commands/redis_leave.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <vector>

namespace respgres::proxy {

namespace {

template <class Visitor>
void for_each_local(std::span<const protocol::command_info> rows, Visitor&& visit) {
    for (const protocol::command_info& row : rows) {
        for (const protocol::command_info& sub : row.subcommands)
            if (sub.how == protocol::handling::local) visit(sub);
        if (row.how == protocol::handling::local) visit(row);
    }
}

void pass_to_redis(worker_services& services, session& client, protocol::command_words words, bool writes) {
    std::string canonical;
    protocol::append_command(canonical, words);
    const session::sequence slot = client.open_slot();
    redis::link& link = links_of(services, client).get(client.database(), client.version());
    if (link.send(canonical, client, session::token_of(slot, writes))) return;
    const backends::failure unsent{make_error_code(backends::errc::not_connected), {}, {}};
    client.fail(slot, redis_failure_text(unsent, writes));
}

// Commands that not everybody may use, among those that never reach Redis. ACL does.
bool is_for_operators(const protocol::command_info& command) {
    const bool is_acl = command.name.starts_with("acl|");
    return (command.has(protocol::command_flag::admin) && !is_acl) || command.name.starts_with("proxy|");
}

// Mode redis: the answer comes from here, but Redis' ACL says whether the user may have it.
boost::asio::awaitable<std::string> run_if_redis_allows(worker_services& services, session& client, const protocol::command_info& command,
                                                        local_handler handler, owned_command owned) {
    auto refused = co_await refusal_by_redis(services, client, command, owned.words);
    if (refused) co_return std::move(*refused);
    const auto words = owned.views();
    std::string text;
    protocol::reply_writer out(text, client.version());
    local_call call{services, client, words, owned.frame, out};
    handler(call);
    if (call.later.valid()) co_return co_await std::move(call.later);
    if (call.how == local_call::ending::close_after) client.close_after_replies();
    co_return text;
}

}  // namespace

local_commands::local_commands(worker_services& services, reply_tasks& tasks) : services_(services), tasks_(tasks) {
    for_each_local(protocol::all_commands(), [this](const protocol::command_info& row) {
        if (const local_handler handler = find(row.name)) handlers_.emplace(&row, handler);
    });
}

local_handler local_commands::find(std::string_view name) {
    for (const auto rows : {auth_commands(), acl_commands(), connection_commands(), client_commands(), proxy_commands()})
        for (const local_row& row : rows)
            if (row.name == name) return row.run;
    return nullptr;
}

command_sink::verdict local_commands::run(session& client, const protocol::command_info& command, protocol::command_words words,
                                          std::string_view frame) {
    services_.stats.front.local.add();
    const auto found = handlers_.find(&command);
    if (found == handlers_.end()) {
        client.fail(client.open_slot(), "ERR unsupported command '" + std::string(command.name) + "'");
        return command_sink::verdict::taken;
    }
    if (client.at_redis() != nullptr && is_for_operators(command)) {
        if (client.has_open_slots()) return command_sink::verdict::after_replies;
        tasks_.run(client, run_if_redis_allows(services_, client, command, found->second, owned_command(words, frame)));
        return command_sink::verdict::taken;
    }
    std::string text;
    protocol::reply_writer out(text, client.version());
    local_call call{services_, client, words, frame, out};
    found->second(call);
    if (call.later.valid()) {
        tasks_.run(client, std::move(call.later));
        return command_sink::verdict::taken;
    }
    if (call.how == local_call::ending::to_redis) {
        pass_to_redis(services_, client, words, command.has(protocol::command_flag::admin));
        return command_sink::verdict::taken;
    }
    if (call.how == local_call::ending::unanswered) return command_sink::verdict::taken;
    client.answer(client.open_slot(), text);
    if (call.how == local_call::ending::close_after) client.close_after_replies();
    return command_sink::verdict::taken;
}

}  // namespace respgres::proxy
