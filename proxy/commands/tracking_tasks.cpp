#include "proxy/commands/tracking_tasks.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <limits>
#include <memory>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

// What no client is called: Redis says that it does not know it, after what else is wrong.
constexpr std::uint64_t nobodys_id = std::numeric_limits<std::int64_t>::max();

// The command with the number of our own connection in place of the client that the redirection names.
void redirect_to(owned_command& command, std::size_t word, std::uint64_t id) {
    command.words[word] = std::to_string(id);
    command.frame.clear();
    protocol::append_command(command.frame, command.views());
}

std::string not_tracking(protocol::resp_version version) {
    std::string text;
    protocol::reply_writer out(text, version);
    out.map(3);
    out.bulk("flags");
    out.set(1);
    out.bulk("off");
    out.bulk("redirect");
    out.integer(-1);
    out.bulk("prefixes");
    out.array(0);
    return text;
}

}  // namespace

asio::awaitable<std::string> tracking_task(worker_services& services, session& client, owned_command command) {
    stateful_client& state = *stateful_client::find(client);
    auto none = co_await state.acquire();
    if (none) co_return std::move(*none);
    const tracking_request request = read_tracking(command.views());
    std::unique_ptr<invalidation_inbox> inbox;
    if (request.redirect) {
        std::uint64_t id = nobodys_id;
        if (request.on && services.clients.find(*request.redirect) != nullptr) {
            inbox = std::make_unique<invalidation_inbox>(services, client, *request.redirect);
            none = co_await inbox->open();
            if (none) {
                if (!state.watches()) state.release(true);
                co_return std::move(*none);
            }
            id = inbox->id();
        }
        redirect_to(command, request.redirect_word, id);
    }
    std::string commands;
    const std::size_t before = state.precede(commands);
    commands.append(command.frame);
    auto replies = co_await redis::exchange(state.own(), std::move(commands), before + 1);
    if (replies.has_error()) {
        state.release(false);
        co_return error_reply(redis_failure_text(replies.error(), false));
    }
    std::string& reply = replies.value().back();
    const bool done = !reply.starts_with('-');
    if (done && request.on)
        state.start_tracking(request, std::move(inbox));
    else if (done && state.tracking.is_on())
        state.end_tracking();
    else if (!state.watches())
        state.release(true);
    co_return std::move(reply);
}

asio::awaitable<std::string> tracking_info_task(session& client) {
    constexpr std::string_view label = "$8\r\nredirect\r\n:";
    stateful_client& state = *stateful_client::find(client);
    if (!state.tracking.is_on()) co_return not_tracking(client.version());
    std::string commands;
    const std::size_t before = state.precede(commands);
    const std::array<std::string_view, 2> words{"CLIENT", "TRACKINGINFO"};
    protocol::append_command(commands, words);
    auto replies = co_await redis::exchange(state.own(), std::move(commands), before + 1);
    if (replies.has_error()) co_return error_reply(redis_failure_text(replies.error(), false));
    std::string& reply = replies.value().back();
    const auto at = reply.find(label);
    if (state.tracking.redirect() > 0 && at != std::string::npos) {
        const auto number = at + label.size();
        reply.replace(number, reply.find('\r', number) - number, std::to_string(state.tracking.redirect()));
    }
    co_return std::move(reply);
}

}  // namespace respgres::proxy
