#pragma once

#include "backends/redis/sender.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/metrics/rule_stats.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace respgres::proxy {

// Drops what clients' commands make untrue by the rules, for one worker. Not thread-safe; one per worker.
class command_drops {
public:
    // `over`: the proxy's own connection to the mapped keys' database. The references must outlive it.
    command_drops(redis::sender& over, const mapping_table& mappings, const drop_rules& rules, rule_stats& stats);

    const drop_rules& rules() const { return rules_; }

    // Returns when Redis has acknowledged every deletion, or when it did not: that is logged and counted, and the command goes on all the
    // same, since what it tells has happened. `what` must outlive the call. Not to be cancelled: the connection's time limit bounds it.
    boost::asio::awaitable<void> run(const invalidation& what);

private:
    invalidation take_unscanned(const invalidation& what);

    redis::sender& over_;
    const mapping_table& mappings_;
    const drop_rules& rules_;
    rule_stats& stats_;
    std::vector<bool> scanned_;  // by mapping::index: no key is left that was filled before its mapping had a registry
    log_throttle log_;
};

}  // namespace respgres::proxy
