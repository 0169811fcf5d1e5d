#pragma once

#include "backends/redis/link_set.hpp"
#include "proxy/freshness/dataset_watch.hpp"
#include "proxy/freshness/link_gate.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace respgres::proxy {

// The gates of one worker's shared connections to the mapped keys' database. Not thread-safe: the worker's.
class link_gates {
public:
    // Does nothing if no mapping follows changes. The references must outlive it. `on_event` is told what the log should say.
    link_gates(boost::asio::any_io_executor executor, redis::link_set& links, const conf::settings& settings, const mapping_table& mappings,
               freshness_news& news, dataset_watch::event_handler on_event);

    // From start() to stop() watermarks are read, a dozen times within the smallest bound.
    void start();
    void stop();

    // That of the shared connection which clients of this protocol version read over.
    const link_gate& of(protocol::resp_version version);
    // That of the proxy's own commands, which is also asked for connections that belong to one client or user: they lead to the same address.
    const link_gate& home() const { return *home_; }
    const freshness_news& news() const { return news_; }

private:
    void ask_all();
    void distrust_all();

    redis::link_set& links_;
    std::uint32_t database_;
    std::string mark_;
    freshness_news& news_;
    std::unique_ptr<link_gate> home_;
    std::unique_ptr<link_gate> resp3_;  // once a client speaks it
    std::unique_ptr<dataset_watch> watch_;
    std::chrono::milliseconds period_{0};  // 0: no mapping follows changes
    boost::asio::steady_timer timer_;
};

}  // namespace respgres::proxy
