#include "proxy/commands/mapped_tasks.hpp"

#include "proxy/commands/fill_absent.hpp"
#include "proxy/commands/invalidation.hpp"
#include "proxy/commands/own_commands.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/fills/fill_group.hpp"
#include "proxy/lookups/freshness_proof.hpp"
#include "proxy/sessions/error_replies.hpp"
#include "proxy/values/evaluate.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using protocol::key_access;

void append_words(std::string& out, std::initializer_list<std::string_view> words) {
    protocol::append_command(out, words);
}

// Sends a command as it is.
asio::awaitable<std::string> forward(worker_services& services, session& client, std::string frame, bool writes) {
    const command_route route = route_of(services, client);
    std::string commands(route.before);
    commands.append(frame);
    auto reply = co_await redis::exchange(*route.to, std::move(commands), route.before.empty() ? 1 : 2);
    if (reply.has_error()) co_return error_reply(redis_failure_text(reply.error(), writes));
    co_return std::move(reply.value().back());
}

// The element of MGET's reply for a filled key, as Redis would have it: nil for what is no string.
std::string mget_element(const value& filled, protocol::resp_version version) {
    std::string out;
    protocol::reply_writer writer(out, version);
    if (const auto* text = std::get_if<string_value>(&filled))
        writer.bulk(text->bytes);
    else
        writer.null();
    return out;
}

// The mappings of MGET's keys of which Redis' answers must not be served: looked at before it is asked.
std::vector<const mapping*> unproven_sources(worker_services& services, const command_route& route, const owned_command& command) {
    std::vector<const mapping*> all;
    captures found;
    for (std::size_t i = 1; i < command.words.size(); ++i) {
        const mapping* source = services.mappings.find(command.words[i], found);
        if (source == nullptr || found.invalid != nullptr) continue;
        const freshness_proof proof = prove_freshness(*source, route);
        if (proof == freshness_proof::waived) services.stats.mappings[source->index].stale_served.add();
        if (proof == freshness_proof::missing) all.push_back(source);
    }
    return all;
}

}  // namespace

owned_command::owned_command(protocol::command_words received, std::string_view received_frame)
    : frame(received_frame), words(received.begin(), received.end()) {
    if (frame.empty()) protocol::append_command(frame, received);
}

asio::awaitable<std::string> mget_task(worker_services& services, session& client, owned_command command) {
    const protocol::resp_version version = client.version();
    const std::size_t keys = command.words.size() - 1;
    const std::vector<const mapping*> unproven = unproven_sources(services, route_of(services, client), command);
    const std::string reply = co_await forward(services, client, command.frame, false);
    std::vector<std::string> elements = elements_of(reply, keys);
    const bool redis_answers = elements.size() == keys;
    elements.resize(keys);
    // What the user's own rights are only Redis knows.
    if (!redis_answers && client.at_redis() != nullptr) co_return reply;
    captures found;
    for (std::size_t i = 1; !redis_answers && i <= keys; ++i)
        if (services.mappings.find(command.words[i], found) == nullptr)
            co_return reply;   // Redis' own error, or ours that it cannot be reached
    fill_group group(services.fills);
    std::vector<std::pair<std::size_t, const mapping*>> filled;
    for (std::size_t i = 0; i < keys; ++i) {
        const std::string_view key = command.words[i + 1];
        const mapping* source = services.mappings.find(key, found);
        if (elements[i].empty() && found.invalid != nullptr) elements[i] = mget_element(absent_value{}, version);
        if (source == nullptr || found.invalid != nullptr) continue;
        auto& stats = services.stats.mappings[source->index];
        const bool is_unproven = std::find(unproven.begin(), unproven.end(), source) != unproven.end();
        if (is_unproven) {
            filled.emplace_back(i, source);
            group.add(*source, key, found, fill_engine::need::uncached);
            continue;
        }
        if (redis_answers && !is_nil(elements[i])) {
            stats.hits.add();
            continue;
        }
        stats.misses.add();
        filled.emplace_back(i, source);
        group.add(*source, key, found, fill_engine::need::answer);
    }
    const auto outcomes = co_await group.wait();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto& [element, source] = filled[i];
        if (outcomes[i].how == fill_outcome::kind::failed) co_return error_reply(fill_failure_text(*source, outcomes[i].why));
        if (outcomes[i].how == fill_outcome::kind::answered) {
            elements[element] = mget_element(*outcomes[i].filled, version);
            continue;
        }
        // Another proxy filled it meanwhile, or it holds another type.
        std::string get;
        append_words(get, {"MGET", command.words[element + 1]});
        const std::string got = co_await forward(services, client, std::move(get), false);
        const auto one = elements_of(got, 1);
        elements[element] = one.empty() ? mget_element(absent_value{}, version) : one.front();
    }
    std::string out;
    protocol::append_array_header(out, keys);
    for (const std::string& element : elements) out.append(element);
    co_return out;
}

asio::awaitable<std::string> fill_then_forward_task(worker_services& services, session& client, const protocol::command_info& info,
                                                    owned_command command) {
    const auto words = command.views();
    captures scratch;
    const mapped_keys keys = find_mapped_keys(services.mappings, info, words, scratch);
    const command_route route = route_of(services, client);
    auto refused = co_await fill_absent(services, route, keys);
    if (refused) co_return std::move(*refused);
    co_return co_await forward(services, client, std::move(command.frame), info.has(protocol::command_flag::write));
}

asio::awaitable<std::string> drop_then_forward_task(worker_services& services, session& client, std::vector<std::string> keys,
                                                    owned_command command) {
    std::string drop;
    for (const std::string& key : keys) append_drop_side_keys(drop, key);
    const auto dropped = co_await redis::exchange(services.links.home(), std::move(drop), keys.size());
    if (dropped.has_error()) co_return error_reply(redis_failure_text(dropped.error(), false));
    co_return co_await forward(services, client, std::move(command.frame), true);
}

asio::awaitable<std::string> rule_then_forward_task(worker_services& services, session& client, invalidation what, bool writes,
                                                    owned_command command) {
    co_await services.drops.run(what);
    co_return co_await forward(services, client, std::move(command.frame), writes);
}

asio::awaitable<std::string> primary_write_task(worker_services& services, session& client, const protocol::command_info& info,
                                                owned_command command) {
    const auto words = command.views();
    captures scratch;
    const mapped_keys keys = find_mapped_keys(services.mappings, info, words, scratch);
    mapped_keys needed;
    const bool overwrites = protocol::overwrites_with(info, words);
    for (const mapped_key& k : keys)
        if (k.access == key_access::read || (k.access != key_access::remove && !overwrites)) needed.push_back(k);
    const command_route route = route_of(services, client);
    auto refused = co_await fill_absent(services, route, needed);
    if (refused) co_return std::move(*refused);

    own_and_theirs commands;
    for (const mapped_key& k : keys) {
        if (k.access == key_access::read) continue;
        append_drop_side_keys(commands.before, k.key);
        ++commands.before_count;
    }
    commands.theirs = command.frame;
    const bool own_expiry = protocol::sets_expiry_with(info, words);
    for (const mapped_key& k : keys) {
        if (k.access == key_access::read || k.access == key_access::remove) continue;
        append_expiry(commands.after, k.key, *k.source, own_expiry);
        services.stats.mappings[k.source->index].writes.add();
        ++commands.after_count;
    }
    auto replies = co_await exchange_with_own(services, client, *route.to, std::move(commands));
    if (replies.has_error()) co_return error_reply(redis_failure_text(replies.error(), true));
    co_return std::move(replies.value().front());
}

}  // namespace respgres::proxy
