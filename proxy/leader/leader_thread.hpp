#pragma once

#include "backends/net/poller.hpp"
#include "backends/net/tls_context.hpp"
#include "conf/settings.hpp"
#include "proxy/freshness/freshness_news.hpp"
#include "proxy/leader/stream_leader.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <thread>

namespace respgres::proxy {

// The thread that follows the change stream, so that a transaction of a million rows does not hold up a worker.
class leader_thread {
public:
    // `tls` for a rediss:// url. The references must outlive it. `prunes`: how fast registries are looked through.
    leader_thread(const conf::settings& settings, const mapping_table& mappings, freshness_news& news,
                  std::shared_ptr<const net::tls_context> tls, prune_schedule::pace prunes = {});
    ~leader_thread();
    leader_thread(const leader_thread&) = delete;
    leader_thread& operator=(const leader_thread&) = delete;

    void start();
    // Any thread; join() returns soon after.
    void stop();
    void join();

private:
    void tick();

    boost::asio::io_context context_{1};
    net::poller poller_;
    stream_leader leader_;
    boost::asio::steady_timer clock_;
    std::thread thread_;
};

}  // namespace respgres::proxy
