#pragma once

#include "backends/net/poller.hpp"
#include "backends/net/tls_context.hpp"
#include "proxy/rules/notify_listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <thread>

namespace respgres::proxy {

// The thread of the notify_listener, so that dropping a whole mapping does not hold up a worker.
class listener_thread {
public:
    // `tls` for a rediss:// url. The references must outlive it.
    listener_thread(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules,
                    std::shared_ptr<const net::tls_context> tls);
    ~listener_thread();
    listener_thread(const listener_thread&) = delete;
    listener_thread& operator=(const listener_thread&) = delete;

    void start();
    // Any thread; join() returns soon after.
    void stop();
    void join();

private:
    void tick();

    boost::asio::io_context context_{1};
    net::poller poller_;
    notify_listener listener_;
    boost::asio::steady_timer clock_;
    std::thread thread_;
};

}  // namespace respgres::proxy
