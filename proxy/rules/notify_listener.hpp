#pragma once

#include "backends/net/poller.hpp"
#include "backends/postgres/descriptor_watch.hpp"
#include "backends/postgres/session.hpp"
#include "conf/settings.hpp"
#include "proxy/leader/shard.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/metrics/rule_stats.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace respgres::proxy {

// Listens to PostgreSQL's notifications and drops what the rules say. Each proxy does: to drop a key twice does no harm.
//
// PostgreSQL tells a notification when its transaction can be seen, so a fill that begins behind the deletion sees it. What was notified
// while nobody listened is lost; so after each LISTEN all keys of the rules' mappings are dropped. Until it listens keys live as long as
// their TTL says. Not thread-safe.
class notify_listener {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using outcome = backends::outcome<void>;

    // The references must outlive it. There is at least one channel.
    notify_listener(boost::asio::any_io_executor executor, net::poller& poller, const conf::settings& settings, redis::link_settings redis,
                    const mapping_table& mappings, const drop_rules& rules, rule_stats& stats);

    // Until stop(). Failures are logged, once for each change, and tried again.
    boost::asio::awaitable<void> run();
    // Ends run() soon, at the latest when an attempt to connect to Redis has passed its time limit.
    void stop();
    // To be called now and then: ends a wait for a Redis that does not answer.
    void tick(time_point now);

private:
    boost::asio::awaitable<outcome> attempt();
    boost::asio::awaitable<outcome> begin();
    boost::asio::awaitable<outcome> follow();
    boost::asio::awaitable<outcome> drop_notified();
    void take(invalidation& what);
    backends::failure lost() const;
    void report(const std::string& problem);

    boost::asio::any_io_executor executor_;
    const conf::settings& settings_;
    const drop_rules& rules_;
    rule_stats& stats_;
    postgres::session session_;
    std::shared_ptr<postgres::descriptor_watch> watch_;
    shard shard_;
    boost::asio::steady_timer timer_;
    std::string reported_;
    log_throttle log_;
    bool stopping_ = false;
};

}  // namespace respgres::proxy
