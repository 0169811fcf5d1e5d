#include "proxy/rules/listener_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>
#include <pthread.h>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds tick_period{100};

redis::link_settings redis_of(const conf::settings& settings, std::shared_ptr<const net::tls_context> tls) {
    return {settings.redis, settings.redis.database, protocol::resp_version::resp2, std::move(tls)};
}

}  // namespace

listener_thread::listener_thread(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules,
                                 std::shared_ptr<const net::tls_context> tls)
    : poller_(context_.get_executor()),
      listener_(context_.get_executor(), poller_, settings, redis_of(settings, std::move(tls)), mappings, rules),
      clock_(context_) {}

listener_thread::~listener_thread() = default;

void listener_thread::start() {
    poller_.start();
    auto ended = [this](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
        clock_.cancel();
        poller_.stop();
    };
    asio::co_spawn(context_, listener_.run(), std::move(ended));
    tick();
    thread_ = std::thread([this] {
        ::pthread_setname_np(::pthread_self(), "notifications");
        context_.run();
    });
}

void listener_thread::stop() {
    asio::post(context_, [this] { listener_.stop(); });
}

void listener_thread::join() {
    if (thread_.joinable()) thread_.join();
}

void listener_thread::tick() {
    listener_.tick(std::chrono::steady_clock::now());
    clock_.expires_after(tick_period);
    clock_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) tick();
    });
}

}  // namespace respgres::proxy
