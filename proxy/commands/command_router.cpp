#include "proxy/commands/command_router.hpp"

#include "protocol/resp/short_command.hpp"
#include "proxy/commands/command_guard.hpp"
#include "proxy/commands/invalidation.hpp"
#include "proxy/commands/mapped_tasks.hpp"
#include "proxy/near/whole_reads.hpp"
#include "proxy/sessions/error_replies.hpp"
#include "proxy/values/evaluate.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace respgres::proxy {

namespace {

using protocol::command_info;
using protocol::command_words;
using protocol::handling;
using protocol::key_access;
namespace command_flag = protocol::command_flag;

// One key, right behind the name, whatever is done to it: nearly all commands, and EXISTS of one key, which is a read like the others then.
bool has_key_behind_name(const command_info& command, command_words words) {
    if (words.size() == 2 && command.name == "exists") return true;
    const protocol::key_spec& spec = command.keys[0];
    return spec.how == protocol::key_spec::kind::range && spec.position == 1 && spec.last == 0 &&
           command.keys[1].how == protocol::key_spec::kind::none;
}

}  // namespace

command_router::command_router(worker_services& services, reply_tasks& tasks)
    : services_(services), tasks_(tasks), local_(services, tasks), stateful_(services, tasks) {}

command_sink::verdict command_router::on_command(session& client, command_words words, std::string_view frame) {
    const verdict done =
        client.may_do_everything() && client.state() == nullptr ? carry_out_known(client, words, frame) : carry_out(client, words, frame);
    if (done != verdict::taken) return done;
    services_.stats.front.commands.add();
    if (client.state() != nullptr) [[unlikely]]
        stateful_.on_taken(client, words);
    return done;
}

// For a client that may do everything and has no state: what most clients send.
command_sink::verdict command_router::carry_out_known(session& client, command_words words, std::string_view frame) {
    const auto* known = memo_.find(words[0]);
    if (known == nullptr || !known->is_forwarded || !known->command->arity_fits(words.size())) [[unlikely]]
        return carry_out(client, words, frame);
    return carry_out_known(client, *known, words, frame);
}

command_sink::verdict command_router::carry_out_known(session& client, const known_command& known, command_words words,
                                                      std::string_view frame) {
    client.record().last_command.store(known.command, std::memory_order_relaxed);
    const bool is_plain = known.has_key_behind_name && !may_be_known(words[1]);
    if (!is_plain || frame.empty() || services_.drops.rules().has_commands())
        return forward(client, *known.command, words, frame, known.has_key_behind_name);
    services_.stats.front.forwarded.add();
    pass_whole(client, known.command->has(command_flag::write), frame);
    return verdict::taken;
}

command_sink::verdict command_router::carry_out(session& client, command_words words, std::string_view frame) {
    if (!client.may_do_everything()) {
        if (const std::string denied = denial_for(client, words); !denied.empty()) {
            services_.stats.front.denied.add();
            refuse(client, denied);
            return verdict::taken;
        }
    }
    if (client.state() != nullptr) [[unlikely]] {
        const command_info* known = protocol::find_command(words);
        const bool only_reads = known != nullptr && known->has(command_flag::readonly);
        if (!only_reads && !begin_write(client)) return verdict::after_replies;
        if (const auto done = stateful_.intercept(client, words, frame)) return *done;
    }
    const command_info* command = protocol::find_command(words);
    if (command == nullptr) {
        if (!begin_write(client)) return verdict::after_replies;
        // Perhaps of a newer Redis or of a module: Redis knows, and words the error if it does not. Nothing local has unknown subcommands
        // in Redis.
        const command_info* container = protocol::find_command(words[0]);
        if (container != nullptr && container->how != handling::forward) {
            refuse(client, protocol::unknown_command_error(words));
        } else {
            services_.stats.front.forwarded.add();
            pass_through(client, true, words, frame);
        }
        return verdict::taken;
    }
    client.record().last_command.store(command, std::memory_order_relaxed);  // CLIENT INFO names itself, as in Redis
    if (!command->arity_fits(words.size())) return stateful_.reject(client, *command, protocol::wrong_arity_error(command->name));
    // To become somebody else would take the connections away that the commands under way may still need.
    if (client.at_redis() != nullptr && command->has(command_flag::no_auth) && client.has_open_slots()) return verdict::after_replies;
    const handling how = protocol::handling_of(*command, words);
    if (how == handling::forward) return forward(client, *command, words, frame, has_key_behind_name(*command, words));
    if (how == handling::local && client.state() != nullptr && stateful_.asks_redis(client, *command)) {
        pass_through(client, false, words, frame);
        return verdict::taken;
    }
    const bool is_invalidation = command->name == "proxy|invalidate";
    const bool may_block = how == handling::blocking && !command->has(command_flag::readonly);
    if ((is_invalidation || may_block) && !begin_write(client)) return verdict::after_replies;
    if (how == handling::local) return local_.run(client, *command, words, frame);
    if (how == handling::stateful || how == handling::blocking) return stateful_.run(client, *command, words, frame);
    refuse(client, protocol::unsupported_command_error(*command, words));
    return verdict::taken;
}

command_sink::verdict command_router::forward(session& client, const command_info& command, command_words words, std::string_view frame,
                                              bool has_key_behind_name) {
    const bool writes = command.has(command_flag::write);
    if (services_.drops.rules().has_commands()) [[unlikely]] {
        if (const auto done = drop_by_rules(client, command, words, frame)) return *done;
    }
    const bool in_mapped_database = client.database() == services_.settings.redis.database;
    if (in_mapped_database && has_key_behind_name) {
        const mapping* source = services_.mappings.find(words[1], scratch_);
        if (source != nullptr && !writes && command.has(command_flag::readonly)) {
            services_.stats.front.mapped.add();
            read_mapped(client, command, words, frame, *source);
            return verdict::taken;
        }
        if (source == nullptr) {
            if (services_.near_keys.may_hold(words[1])) {
                if (const auto done = read_near(client, command, words)) return *done;
            }
            services_.stats.front.forwarded.add();
            pass_through(client, writes, words, frame);
            return verdict::taken;
        }
    }
    if (!command.has(command_flag::readonly) && !begin_write(client)) return verdict::after_replies;
    if (in_mapped_database && command.has_keys()) {
        const mapped_keys keys = find_mapped_keys(services_.mappings, command, words, scratch_);
        if (!keys.empty()) return forward_mapped(client, command, words, frame, keys);
    }
    services_.stats.front.forwarded.add();
    pass_through(client, writes, words, frame);
    return verdict::taken;
}

// Drops first: who reads after the reply, or because of what was sent, must not find what was there before. Nothing: no rule is meant. A
// command that triggers a rule has one key at most, which no mapping declares, so Redis gets it as it is.
std::optional<command_sink::verdict> command_router::drop_by_rules(session& client, const command_info& command, command_words words,
                                                                   std::string_view frame) {
    invalidation what;
    services_.drops.rules().on_command(command, words, what);
    if (what.is_empty()) return std::nullopt;
    if (client.has_open_slots()) return verdict::after_replies;
    client.fence().on_write();
    services_.stats.front.forwarded.add();
    const bool writes = command.has(command_flag::write);
    return run_task(client, rule_then_forward_task(services_, client, std::move(what), writes, owned_command(words, frame)));
}

command_sink::verdict command_router::forward_mapped(session& client, const command_info& command, command_words words,
                                                     std::string_view frame, const mapped_keys& keys) {
    services_.stats.front.mapped.add();
    if (command.has(command_flag::removes)) {
        if (client.at_redis() != nullptr) return invalidate_as_user(client, words, frame, keys);
        invalidate_then_pass(client, words, frame, keys);
        return verdict::taken;
    }
    bool writes_primary = false;
    for (const mapped_key& k : keys) {
        if (k.access == key_access::read) continue;
        if (!k.source->redis_is_primary()) {
            services_.stats.mappings[k.source->index].refused_writes.add();
            refuse(client, readonly_text(k.key, *k.source));
            return verdict::taken;
        }
        writes_primary = true;
    }
    // What follows takes several steps: it begins when the client's earlier commands are done.
    if (client.has_open_slots()) return verdict::after_replies;
    owned_command owned(words, frame);
    if (writes_primary) return run_task(client, primary_write_task(services_, client, command, std::move(owned)));
    if (command.name == "mget" && !route_of(services_, client).is_tracked())
        return run_task(client, mget_task(services_, client, std::move(owned)));
    return run_task(client, fill_then_forward_task(services_, client, command, std::move(owned)));
}

command_sink::verdict command_router::run_task(session& client, boost::asio::awaitable<std::string> work) {
    tasks_.run(client, std::move(work));
    return verdict::taken;
}

// The client's next reads must see what this command does, and those that are on their way over the near cache's connection must not. False: these come first.
bool command_router::begin_write(session& client) {
    if (!services_.near.is_on()) return true;
    if (client.has_near_reads()) return false;
    client.fence().on_write();
    return true;
}

void command_router::pass_through(session& client, bool writes, command_words words, std::string_view frame) {
    if (client.state() == nullptr && !frame.empty()) return pass_whole(client, writes, frame);
    std::string canonical;
    if (frame.empty()) {
        protocol::append_command(canonical, words);
        frame = canonical;
    }
    const session::sequence slot = client.open_slot();
    if (!route_of(services_, client).send(frame, client, session::token_of(slot, writes))) fail_unsent(client, slot, writes);
}

// Of a client without state.
void command_router::pass_whole(session& client, bool writes, std::string_view frame) {
    const session::sequence slot = client.open_slot();
    redis::link& way = links_of(services_, client).get(client.database(), client.version());
    if (!way.send(frame, client, session::token_of(slot, writes))) [[unlikely]]
        fail_unsent(client, slot, writes);
}

void command_router::fail_unsent(session& client, session::sequence slot, bool writes) {
    const backends::failure unsent{make_error_code(backends::errc::not_connected), {}, {}};
    client.fail(slot, redis_failure_text(unsent, writes));
}

// Redis must see the reads of clients whose reads it tracks, and of those whose permissions it knows.
near_reads::use command_router::near_use_of(session& client, const command_info& command, command_words words, const mapping* source) {
    if (!services_.near_reads.may_answer(source) || client.at_redis() != nullptr ||
        !reads_whole(source != nullptr ? source->settings.shape.value : conf::shape::string, command.name, words))
        return near_reads::use::none;
    if (client.state() != nullptr && stateful_client::find(client)->tracking.is_on()) [[unlikely]]
        return near_reads::use::none;
    return services_.near_reads.answer(client, source, words[1]);
}

// A command on one key of no mapping. Nothing: it goes to Redis as it is.
std::optional<command_sink::verdict> command_router::read_near(session& client, const command_info& command, command_words words) {
    if (!services_.near.is_on() || !services_.near_keys.hold(words[1])) return std::nullopt;
    if (!command.has(command_flag::readonly)) return begin_write(client) ? std::nullopt : std::optional(verdict::after_replies);
    switch (near_use_of(client, command, words, nullptr)) {
        case near_reads::use::none: return std::nullopt;
        case near_reads::use::answered: return verdict::taken;
        case near_reads::use::ask: break;
    }
    if (!services_.near_reads.fetch(client, words[1])) return std::nullopt;
    services_.stats.front.forwarded.add();
    return verdict::taken;
}

void command_router::read_mapped(session& client, const command_info& command, command_words words, std::string_view frame,
                                 const mapping& source) {
    if (scratch_.invalid == nullptr) {
        const auto use = near_use_of(client, command, words, &source);
        if (use == near_reads::use::answered) return;
        command_route route = route_of(services_, client);
        if (use == near_reads::use::ask) route.near = &services_.near;
        return services_.reads.start(client, command, words, frame, source, route);
    }
    // Such a key cannot have a row: neither Redis nor PostgreSQL is asked.
    services_.stats.mappings[source.index].invalid_captures.add();
    if (source.settings.bad_capture == conf::bad_capture::error) return refuse(client, invalid_capture_text(words[1], scratch_));
    std::string text;
    protocol::reply_writer out(text, client.version());
    const value absent = absent_value{};
    if (evaluate(words, absent, std::chrono::milliseconds(0), std::chrono::system_clock::now(), out))
        client.answer(client.open_slot(), text);
    else
        pass_through(client, false, words, frame);
}

void command_router::invalidate_then_pass(session& client, command_words words, std::string_view frame, const mapped_keys& keys) {
    std::string drop;
    for (const mapped_key& k : keys) {
        append_drop_side_keys(drop, k.key);
        services_.stats.mappings[k.source->index].invalidations.add();
    }
    // On the same way right before the client's own command, which drops the values. If this is not sent, neither is that.
    [[maybe_unused]] const bool sent =
        route_of(services_, client).to->send(drop, redis::nobody, 0, static_cast<std::uint32_t>(keys.size()));
    pass_through(client, true, words, frame);
}

// On two connections the order is kept by waiting.
command_sink::verdict command_router::invalidate_as_user(session& client, command_words words, std::string_view frame,
                                                         const mapped_keys& keys) {
    if (client.has_open_slots()) return verdict::after_replies;
    for (const mapped_key& k : keys) services_.stats.mappings[k.source->index].invalidations.add();
    return run_task(client, drop_then_forward_task(services_, client, keys_of(keys), owned_command(words, frame)));
}

// A GET of a key that nobody knows is passed on; those of others are answered as far as the near cache has them, else it is carried out like any command.
std::size_t command_router::take_front(session& client, std::string_view input) {
    if (!client.may_do_everything() || client.state() != nullptr) return 0;
    const auto get = protocol::read_get(input);
    if (get.length == 0) return take_short(client, input);
    if (!may_be_known(get.key)) return pass_get(client, input.substr(0, get.length));
    if (!services_.near.is_on() || client.has_open_slots() || client.database() != services_.settings.redis.database)
        return carry_out_get(client, get, input.substr(0, get.length));
    const auto [bytes, commands, mapped] = services_.near_reads.answer_run(client, input, get);
    if (commands == 0) return carry_out_get(client, get, input.substr(0, get.length));
    client.record().last_command.store(get_, std::memory_order_relaxed);
    services_.stats.front.commands.add(commands);
    services_.stats.front.mapped.add(mapped);
    return bytes;
}

// What goes to Redis, or through the mapping of its key.
std::size_t command_router::take_short(session& client, std::string_view input) {
    protocol::short_command command;
    if (!command.read(input)) return 0;
    const auto words = command.words();
    const auto* known = memo_.find(words[0]);
    if (known == nullptr || !known->is_forwarded || !known->command->arity_fits(words.size())) return 0;
    if (carry_out_known(client, *known, words, input.substr(0, command.length())) != verdict::taken) return 0;
    services_.stats.front.commands.add();
    return command.length();
}

std::size_t command_router::carry_out_get(session& client, const protocol::get_frame& get, std::string_view frame) {
    const std::array<std::string_view, 2> words{frame.substr(protocol::get_frame::name_at, protocol::get_frame::name_size), get.key};
    client.record().last_command.store(get_, std::memory_order_relaxed);
    if (forward(client, *get_, words, frame, true) != verdict::taken) return 0;
    services_.stats.front.commands.add();
    return frame.size();
}

std::size_t command_router::pass_get(session& client, std::string_view frame) {
    if (services_.drops.rules().has_commands()) [[unlikely]]
        return 0;
    client.record().last_command.store(get_, std::memory_order_relaxed);
    services_.stats.front.commands.add();
    services_.stats.front.forwarded.add();
    pass_whole(client, false, frame);
    return frame.size();
}

void command_router::on_protocol_error(session& client, std::string_view error) {
    services_.stats.front.protocol_errors.add();
    if (log_.allows(std::chrono::steady_clock::now()))
        spdlog::warn("client {} closed: {}{}", client.record().address(), error, log_.suffix());
}

void command_router::refuse(session& client, std::string_view error) {
    services_.stats.front.refused.add();
    client.fail(client.open_slot(), error);
}

}  // namespace respgres::proxy
