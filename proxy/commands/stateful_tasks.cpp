#include "proxy/commands/stateful_tasks.hpp"

#include "proxy/commands/fill_absent.hpp"
#include "proxy/commands/invalidation.hpp"
#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/own_commands.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;
using redis::raw_replies;

const std::string ok = "+OK\r\n";

void append(std::string& out, std::initializer_list<std::string_view> words) {
    protocol::append_command(out, words);
}

std::string null_array(protocol::resp_version version) {
    return version == protocol::resp_version::resp3 ? "_\r\n" : "*-1\r\n";
}

// The mapped keys of a transaction that must be there before it runs.
mapped_keys keys_to_fill(const mapping_table& mappings, const transaction_queue& transaction) {
    mapped_keys keys;
    captures found;
    for (const auto& touched : transaction.touched()) {
        const mapping* source = touched.fill ? mappings.find(touched.key, found) : nullptr;
        if (source != nullptr) keys.push_back({touched.key, source, protocol::key_access::read, true});
    }
    return keys;
}

// A transaction as it goes to Redis, and where its reply is among those to the client's own commands.
struct sealed_transaction {
    own_and_theirs commands;
    std::size_t exec = 0;
};

// `own`: the client whose dedicated connection it goes through; null = the shared one.
sealed_transaction seal(worker_services& services, const session& client, const transaction_queue& transaction, stateful_client* own) {
    sealed_transaction made;
    own_and_theirs& commands = made.commands;
    commands.theirs_count = 0;
    // What brings the connection to a state, and back, stands beside the proxy's own commands where these take the same connection: they need it, too.
    const bool is_apart = client.at_redis() != nullptr;
    if (own != nullptr)
        (is_apart ? commands.theirs_count : commands.before_count) += own->precede(is_apart ? commands.theirs : commands.before);
    for (const auto& touched : transaction.touched()) {
        if (!touched.drop) continue;
        append_drop_side_keys(commands.before, touched.key);
        ++commands.before_count;
    }
    append(commands.theirs, {"MULTI"});
    commands.theirs.append(transaction.frames());
    append(commands.theirs, {"EXEC"});
    made.exec = commands.theirs_count + 1 + transaction.size();
    commands.theirs_count = made.exec + 1;
    captures found;
    for (const auto& touched : transaction.touched()) {
        const mapping* source = touched.expire ? services.mappings.find(touched.key, found) : nullptr;
        if (source == nullptr) continue;
        append_expiry(commands.after, touched.key, *source, touched.own_expiry);
        services.stats.mappings[source->index].writes.add();
        ++commands.after_count;
    }
    if (own == nullptr && !transaction.selections().empty()) {  // others use the connection, too
        append(is_apart ? commands.theirs : commands.after, {"SELECT", std::to_string(transaction.first_database())});
        ++(is_apart ? commands.theirs_count : commands.after_count);
    }
    return made;
}

// Over the client's own connection if it has one.
asio::awaitable<outcome<raw_replies>> send(worker_services& services, session& client, own_and_theirs commands) {
    stateful_client& state = *stateful_client::find(client);
    redis::sender& through = state.has_connection() ? state.own() : *route_of(services, client).to;
    return exchange_with_own(services, client, through, std::move(commands));
}

// What the SELECTs within a transaction have done to the client.
void follow_selections(session& client, stateful_client& state, const transaction_queue& transaction, std::string_view reply) {
    const auto elements = elements_of(reply, transaction.size());
    for (const auto& selection : transaction.selections()) {
        if (selection.command >= elements.size() || elements[selection.command] != ok) continue;
        client.set_database(selection.database);
        state.set_own_database(selection.database);
    }
}

// Ends the watch in the connection, which can be used again then.
asio::awaitable<void> unwatch(stateful_client& state) {
    if (!state.has_connection()) {
        state.end_watch();
        co_return;
    }
    std::string command;
    append(command, {"UNWATCH"});
    const auto done = co_await redis::exchange(state.own(), std::move(command), 1);
    if (done.has_value())
        state.end_watch();
    else
        state.release(false);
}

}  // namespace

asio::awaitable<std::string> watch_task(worker_services& services, session& client, owned_command command) {
    stateful_client& state = *stateful_client::find(client);
    if (client.database() == services.settings.redis.database) {
        const auto words = command.views();
        captures scratch;
        const auto* info = protocol::find_command(words[0]);
        const mapped_keys keys = find_mapped_keys(services.mappings, *info, words, scratch);
        const command_route route = route_of(services, client);
        auto refused = co_await fill_absent(services, route, keys);
        if (refused) co_return std::move(*refused);
    }
    auto none = co_await state.acquire();
    if (none) co_return std::move(*none);
    std::string commands;
    const std::size_t before = state.precede(commands);
    commands.append(command.frame);
    auto replies = co_await redis::exchange(state.own(), std::move(commands), before + 1);
    if (replies.has_error()) {
        state.release(false);
        co_return error_reply(redis_failure_text(replies.error(), false));
    }
    state.set_watches();
    co_return std::move(replies.value().back());
}

asio::awaitable<std::string> unwatch_task(session& client) {
    co_await unwatch(*stateful_client::find(client));
    co_return ok;
}

asio::awaitable<std::string> abort_task(session& client, std::string why) {
    constexpr std::string_view general = "ERR ";  // Redis leaves it out here
    if (why.starts_with(general)) why.erase(0, general.size());
    co_await unwatch(*stateful_client::find(client));
    co_return error_reply("EXECABORT Transaction discarded because of: " + why);
}

asio::awaitable<std::string> exec_task(worker_services& services, session& client) {
    stateful_client& state = *stateful_client::find(client);
    const transaction_queue transaction = *std::exchange(state.transaction, std::nullopt);
    if (transaction.is_spoilt()) {
        co_await unwatch(state);
        co_return error_reply("EXECABORT Transaction discarded because of previous errors.");
    }
    if (state.watch_broke()) {
        state.release(false);
        state.end_watch();
        co_return null_array(client.version());
    }
    const mapped_keys needed = keys_to_fill(services.mappings, transaction);
    const command_route route = route_of(services, client);
    auto refused = co_await fill_absent(services, route, needed);
    if (refused) {
        co_await unwatch(state);
        co_return std::move(*refused);
    }
    if (!transaction.dropped().is_empty()) co_await services.drops.run(transaction.dropped());
    const bool is_shared = !state.has_connection();
    sealed_transaction sealed = seal(services, client, transaction, is_shared ? nullptr : &state);
    auto replies = co_await send(services, client, std::move(sealed.commands));
    if (!is_shared && replies.has_value() && transaction.selections().empty())
        state.end_watch();
    else if (!is_shared)
        state.release(false);
    if (replies.has_error()) co_return error_reply(redis_failure_text(replies.error(), true));
    std::string& reply = replies.value()[sealed.exec];
    follow_selections(client, state, transaction, reply);
    co_return std::move(reply);
}

asio::awaitable<std::string> queue_unknown_task(worker_services& services, session& client, owned_command command) {
    std::string ask;
    append(ask, {"COMMAND", "INFO", command.words[0]});
    const auto known = co_await redis::exchange(services.links.home(), std::move(ask), 1);
    auto& transaction = stateful_client::find(client)->transaction;
    if (!transaction) co_return ok;
    std::string error;
    if (known.has_error()) {
        error = redis_failure_text(known.error(), false);
    } else if (known.value().front().starts_with("*1\r\n*-1") || known.value().front().starts_with("*1\r\n$-1")) {
        const auto words = command.views();
        error = protocol::unknown_command_error(words);
    } else {
        error = transaction->add_unknown(command.frame);
    }
    if (error.empty()) co_return "+QUEUED\r\n";
    transaction->spoil();
    co_return error_reply(error);
}

asio::awaitable<std::string> blocking_task(session& client, const protocol::command_info& info, owned_command command) {
    stateful_client& state = *stateful_client::find(client);
    const bool watched = state.watches();
    auto none = co_await state.acquire();
    if (none) co_return std::move(*none);
    std::string commands;
    std::size_t before = state.precede(commands);
    // WAIT asks for what its own connection has written. Any command brings that up to what the server has written by now.
    if (info.name == "wait") {
        append(commands, {"PING"});
        ++before;
    }
    commands.append(command.frame);
    state.set_blocked(true);
    auto replies = co_await redis::exchange(state.own(), std::move(commands), before + 1);
    state.set_blocked(false);
    if (replies.has_error()) {
        state.release(false);
        co_return error_reply(redis_failure_text(replies.error(), info.has(protocol::command_flag::write)));
    }
    if (!watched) state.release(true);
    co_return std::move(replies.value().back());
}

}  // namespace respgres::proxy
