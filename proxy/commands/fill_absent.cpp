#include "proxy/commands/fill_absent.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/fills/fill_group.hpp"
#include "proxy/lookups/freshness_proof.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <array>
#include <vector>

namespace respgres::proxy {

boost::asio::awaitable<std::optional<std::string>> fill_absent(worker_services& services, const command_route& route,
                                                               const mapped_keys& keys) {
    if (keys.empty()) co_return std::nullopt;
    for (const mapped_key& k : keys) {
        const freshness_proof proof = prove_freshness(*k.source, route);
        if (proof == freshness_proof::missing) co_return error_reply(unproven_text(*k.source, why_unproven(*k.source, route)));
        if (proof == freshness_proof::waived) services.stats.mappings[k.source->index].stale_served.add();
    }
    std::string ask;
    for (const mapped_key& k : keys) {
        const std::array<std::string_view, 2> exists{"EXISTS", k.key};
        protocol::append_command(ask, exists);
    }
    auto there = co_await redis::exchange(services.links.home(), std::move(ask), keys.size());
    if (there.has_error()) co_return error_reply(redis_failure_text(there.error(), false));
    fill_group group(services.fills);
    std::vector<const mapping*> sources;
    captures found;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool absent = there.value()[i] == ":0\r\n";
        auto& stats = services.stats.mappings[keys[i].source->index];
        if (!absent) stats.hits.add();
        if (!absent || !keys[i].source->pattern.match(keys[i].key, found) || found.invalid != nullptr) continue;
        stats.misses.add();
        sources.push_back(keys[i].source);
        group.add(*keys[i].source, keys[i].key, found, fill_engine::need::stored);
    }
    const auto outcomes = co_await group.wait();
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        if (outcomes[i].how == fill_outcome::kind::failed) co_return error_reply(fill_failure_text(*sources[i], outcomes[i].why));
    co_return std::nullopt;
}

}  // namespace respgres::proxy
