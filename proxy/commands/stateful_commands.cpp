#include "proxy/commands/stateful_commands.hpp"

#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/redis_leave.hpp"
#include "proxy/commands/stateful_tasks.hpp"
#include "proxy/commands/tracking_tasks.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

using protocol::command_info;
using protocol::command_words;
using protocol::handling;

// What ends a transaction, or is refused in Redis' own words within one.
constexpr std::array<std::string_view, 6> never_queued{"discard", "exec", "multi", "quit", "reset", "watch"};

// What a client whose reads are tracked waits with for its replies.
constexpr std::array<std::string_view, 3> needs_replies{"hello", "reset", "select"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Of several channels Redis allows all or none; since they leave one by one, it is asked before.
boost::asio::awaitable<std::optional<std::string>> open_if_allowed(worker_services& services, session& client, const command_info& command,
                                                                   owned_command owned) {
    if (client.at_redis() != nullptr) {
        auto refused = co_await refusal_by_redis(services, client, command, owned.words);
        if (refused) co_return std::move(refused);
    }
    co_return co_await stateful_client::of(services, client).subscriptions.open();
}

}  // namespace

stateful_commands::verdict stateful_commands::refuse(session& client, std::string_view error) {
    services_.stats.front.refused.add();
    client.fail(client.open_slot(), error);
    return verdict::taken;
}

stateful_commands::verdict stateful_commands::reject(session& client, const command_info& command, std::string_view error) {
    if (command.name != "exec") {
        if (stateful_client* state = stateful_client::find(client); state != nullptr && state->transaction) state->transaction->spoil();
        return refuse(client, error);
    }
    if (client.has_open_slots()) return verdict::after_replies;
    services_.stats.front.refused.add();
    stateful_client::of(services_, client).transaction.reset();
    tasks_.run(client, abort_task(client, std::string(error)));
    return verdict::taken;
}

stateful_commands::verdict stateful_commands::run(session& client, const command_info& command, command_words words,
                                                  std::string_view frame) {
    constexpr std::string_view ok = "+OK\r\n";
    stateful_client& state = stateful_client::of(services_, client);
    if (command.has(protocol::command_flag::pubsub)) return subscribe(client, command, words);
    if (command.name.starts_with("client|")) return run_for_caching(client, command, words, frame);
    if (command.name == "multi") {
        if (state.transaction) return refuse(client, "ERR MULTI calls can not be nested");
        state.transaction.emplace(client.database(), services_.settings.server.max_command);
        client.answer(client.open_slot(), ok);
        return verdict::taken;
    }
    if (command.name == "watch" && state.transaction) return refuse(client, "ERR WATCH inside MULTI is not allowed");
    if (command.name == "discard" && !state.transaction) return refuse(client, "ERR DISCARD without MULTI");
    if (command.name == "exec" && !state.transaction) return refuse(client, "ERR EXEC without MULTI");
    // What follows takes several steps: it begins when the client's earlier commands are done.
    if (client.has_open_slots()) return verdict::after_replies;
    if (command.name == "watch") {
        tasks_.run(client, watch_task(services_, client, owned_command(words, frame)));
    } else if (command.name == "exec") {
        tasks_.run(client, exec_task(services_, client));
    } else if (command.name == "unwatch" || command.name == "discard") {
        state.transaction.reset();
        tasks_.run(client, unwatch_task(client));
    } else {
        return block(client, command, words, frame);
    }
    return verdict::taken;
}

stateful_commands::verdict stateful_commands::block(session& client, const command_info& command, command_words words,
                                                    std::string_view frame) {
    if (client.database() == services_.settings.redis.database) {
        captures scratch;
        for (const mapped_key& k : find_mapped_keys(services_.mappings, command, words, scratch)) {
            if (k.access == protocol::key_access::read || k.source->redis_is_primary()) continue;
            services_.stats.mappings[k.source->index].refused_writes.add();
            return refuse(client, readonly_text(k.key, *k.source));
        }
    }
    tasks_.run(client, blocking_task(client, command, owned_command(words, frame)));
    return verdict::taken;
}

stateful_commands::verdict stateful_commands::run_for_caching(session& client, const command_info& command, command_words words,
                                                              std::string_view frame) {
    stateful_client& state = *stateful_client::find(client);
    if (command.name == "client|caching") {
        const std::string_view error = state.tracking.set_caching(words[2]);
        if (!error.empty()) return refuse(client, error);
        client.answer(client.open_slot(), "+OK\r\n");
    } else if (command.name == "client|getredir") {
        client.answer(client.open_slot(), ":" + std::to_string(state.tracking.redirect()) + "\r\n");
    } else if (client.has_open_slots()) {
        return verdict::after_replies;
    } else if (command.name == "client|tracking") {
        tasks_.run(client, tracking_task(services_, client, owned_command(words, frame)));
    } else {
        tasks_.run(client, tracking_info_task(client));
    }
    return verdict::taken;
}

stateful_commands::verdict stateful_commands::subscribe(session& client, const command_info& command, command_words words) {
    if (client.has_open_slots()) return verdict::after_replies;
    const session::sequence slot = client.open_slot();   // keeps the client as well
    client.pause();
    std::vector<std::string> channels(words.begin() + 1, words.end());
    auto& subscriptions = stateful_client::of(services_, client).subscriptions;
    auto opened = [&client, &subscriptions, slot, &command, channels = std::move(channels)](std::exception_ptr thrown,
                                                                                            std::optional<std::string> error) {
        if (thrown) error = "-ERR internal error\r\n";
        if (error)
            client.answer(slot, *error);
        else
            subscriptions.change(slot, command.name, channels);
        client.resume();
    };
    boost::asio::co_spawn(services_.executor, open_if_allowed(services_, client, command, owned_command(words, {})), std::move(opened));
    return verdict::taken;
}

std::optional<stateful_commands::verdict> stateful_commands::intercept(session& client, command_words words, std::string_view frame) {
    stateful_client& state = *stateful_client::find(client);
    const command_info* command = protocol::find_command(words[0]);
    // Subscriptions have a connection of their own: a PUBLISH behind them must not overtake them, and a RESET must not overtake the PUBLISH.
    const bool resets = command != nullptr && command->name == "reset";
    if (state.subscriptions.is_confirming() || (resets && client.has_open_slots())) return verdict::after_replies;
    if (state.transaction) {
        if (command != nullptr && is_one_of(never_queued, command->name)) return std::nullopt;
        return queue(client, state, words, frame);
    }
    if (state.subscriptions.is_active() && client.version() == protocol::resp_version::resp2) return answer_subscriber(client, words);
    if (state.tracking.is_on() && command != nullptr) {
        // These change what the commands under way are sent with, should they have to be sent again.
        if (client.has_open_slots() && is_one_of(needs_replies, command->name)) return verdict::after_replies;
        if (command->name != "client") state.tracking.begin_command();
    }
    return std::nullopt;
}

bool stateful_commands::asks_redis(session& client, const command_info& command) {
    return stateful_client::find(client)->tracking.is_on() && (command.name == "ping" || command.name == "echo");
}

void stateful_commands::on_taken(session& client, command_words words) {
    if (!protocol::equals_ignoring_case(words[0], "client")) stateful_client::find(client)->tracking.command_taken();
}

stateful_commands::verdict stateful_commands::queue(session& client, stateful_client& state, command_words words, std::string_view frame) {
    const auto owned = owned_command(words, frame);
    const command_info* command = protocol::find_command(words[0]);
    if (command == nullptr) {
        // Perhaps a module's: Redis knows.
        if (client.has_open_slots()) return verdict::after_replies;
        tasks_.run(client, queue_unknown_task(services_, client, owned));
        return verdict::taken;
    }
    const std::string error = state.transaction->add(services_.mappings, services_.settings.redis.database, words, owned.frame);
    if (!error.empty()) return refuse(client, error);
    services_.drops.rules().on_command(*command, words, state.transaction->dropped());
    client.answer(client.open_slot(), "+QUEUED\r\n");
    return verdict::taken;
}

// RESP2 has no pushes: what a subscriber gets could not be told from replies, so Redis allows it few commands.
std::optional<stateful_commands::verdict> stateful_commands::answer_subscriber(session& client, command_words words) {
    const command_info* command = protocol::find_command(words);
    if (command == nullptr) return refuse(client, protocol::unknown_command_error(words));
    const bool subscribes = command->has(protocol::command_flag::pubsub) && command->how == handling::stateful;
    if (!command->arity_fits(words.size()) || subscribes || command->name == "quit" || command->name == "reset") return std::nullopt;
    if (command->name != "ping") {
        return reject(client, *command,
                      "ERR Can't execute '" + std::string(command->name) +
                          "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    }
    if (words.size() > 2) return std::nullopt;
    std::string text;
    protocol::reply_writer out(text, client.version());
    out.array(2);
    out.bulk("pong");
    out.bulk(words.size() == 2 ? words[1] : std::string_view());
    client.answer(client.open_slot(), text);
    return verdict::taken;
}

}  // namespace respgres::proxy
