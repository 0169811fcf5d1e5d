#include "proxy/rules/command_drops.hpp"

#include "proxy/fills/invalidation_drop.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

namespace respgres::proxy {

namespace asio = boost::asio;

command_drops::command_drops(redis::sender& over, const mapping_table& mappings, const drop_rules& rules, rule_stats& stats)
    : over_(over), mappings_(mappings), rules_(rules), stats_(stats), scanned_(mappings.all().size(), false) {}

// The mappings of which this worker has not dropped all keys yet. Those of an earlier configuration may be in no registry, so they are
// looked for by a scan, once. Who comes while it is under way goes by the registry: the scan drops the others' keys.
invalidation command_drops::take_unscanned(const invalidation& what) {
    invalidation unscanned;
    for (const std::size_t index : what.wide) {
        if (scanned_[index]) continue;
        scanned_[index] = true;
        unscanned.add_wide(index);
    }
    return unscanned;
}

asio::awaitable<void> command_drops::run(const invalidation& what) {
    stats_.drops.add();
    const invalidation unscanned = take_unscanned(what);
    auto done = co_await drop_invalidated(over_, mappings_, what, whole_drop::by_registry);
    if (done.has_value() && !unscanned.is_empty()) done = co_await drop_invalidated(over_, mappings_, unscanned, whole_drop::by_scan);
    if (done.has_value()) co_return;
    for (const std::size_t index : unscanned.wide) scanned_[index] = false;
    stats_.failures.add();
    if (!log_.allows(std::chrono::steady_clock::now())) co_return;
    const auto& why = done.error();
    spdlog::warn("keys that a rule drops for a client's command were not dropped, and may be old until their ttl: {}{}",
                 why.detail.empty() ? why.code.message() : why.detail, log_.suffix());
}

}  // namespace respgres::proxy
