#pragma once

#include "backends/redis/link.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace respgres::redis {

// A worker's shared connections to one Redis: one for each database and protocol version that its clients use, made when first asked for. A reply's bytes
// depend on both, so commands of clients that differ in them cannot share a connection.
//
// Not thread-safe: one worker's.
class link_set {
public:
    using log_function = std::function<void(bool up, const std::string& why)>;

    // `tls` for a rediss:// url.
    link_set(boost::asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, link_stats& stats,
             log_function on_change, std::shared_ptr<const net::tls_context> tls = {});
    ~link_set();

    // The link of a database and version. The reference is valid as long as the set.
    link& get(std::uint32_t database, protocol::resp_version version) {
        if (database == settings_.database && version == protocol::resp_version::resp2) [[likely]]
            return *home_;
        return find(database, version);
    }

    // One more link, RESP3 in the mapped keys' own database, whose reads Redis remembers: `told` gets the invalidations. Valid as long as the set.
    link& add_tracked(message_listener& told, log_function on_change);

    // The link for the mapped keys' own database, RESP2: always there.
    link& home() { return *home_; }

    void check_time_limits(std::chrono::steady_clock::time_point now);
    // Every link's run() has ended when it completes.
    boost::asio::awaitable<void> stop();

private:
    struct member;

    link& find(std::uint32_t database, protocol::resp_version version);
    std::unique_ptr<member> add(link_settings settings, log_function on_change);

    boost::asio::any_io_executor executor_;
    net::poller& poller_;
    conf::redis_settings settings_;
    std::shared_ptr<const net::tls_context> tls_;
    link_stats& stats_;
    log_function on_change_;
    std::map<std::pair<std::uint32_t, protocol::resp_version>, std::unique_ptr<member>> members_;
    std::vector<std::unique_ptr<member>> tracked_;
    link* home_ = nullptr;
};

}  // namespace respgres::redis
