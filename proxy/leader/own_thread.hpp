#pragma once

#include "backends/net/poller.hpp"
#include "backends/net/tls_context.hpp"
#include "backends/redis/link.hpp"
#include "conf/settings.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <pthread.h>
#include <thread>
#include <utility>

namespace respgres::proxy {

// The thread of a part whose work must not hold up a worker: a transaction of a million rows, the keys of a whole mapping.
//
// `Part` is made of (executor, poller, settings, redis::link_settings, Rest ...), and has run(), which is awaited and ends soon after stop(),
// and tick(now).
template <class Part>
class own_thread {
public:
    // `name`: of the thread, at most 15 letters; a literal. `tls` for a rediss:// url. The references must outlive it.
    template <class... Rest>
    own_thread(const char* name, const conf::settings& settings, std::shared_ptr<const net::tls_context> tls, Rest&... rest)
        : name_(name),
          poller_(context_.get_executor()),
          part_(context_.get_executor(), poller_, settings, redis_of(settings, std::move(tls)), rest...),
          clock_(context_) {}
    own_thread(const own_thread&) = delete;
    own_thread& operator=(const own_thread&) = delete;

    void start() {
        poller_.start();
        auto ended = [this](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
            clock_.cancel();
            poller_.stop();
        };
        boost::asio::co_spawn(context_, part_.run(), std::move(ended));
        tick();
        thread_ = std::thread([this] {
            ::pthread_setname_np(::pthread_self(), name_);
            context_.run();
        });
    }

    // Any thread; join() returns soon after.
    void stop() {
        boost::asio::post(context_, [this] { part_.stop(); });
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    static constexpr std::chrono::milliseconds tick_period{100};

    static redis::link_settings redis_of(const conf::settings& settings, std::shared_ptr<const net::tls_context> tls) {
        return {settings.redis, settings.redis.database, protocol::resp_version::resp2, std::move(tls)};
    }

    void tick() {
        part_.tick(std::chrono::steady_clock::now());
        clock_.expires_after(tick_period);
        clock_.async_wait([this](boost::system::error_code stopped) {
            if (!stopped) tick();
        });
    }

    const char* name_;
    boost::asio::io_context context_{1};
    net::poller poller_;
    Part part_;
    boost::asio::steady_timer clock_;
    std::thread thread_;
};

}  // namespace respgres::proxy
