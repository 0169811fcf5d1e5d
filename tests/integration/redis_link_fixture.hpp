#pragma once

#include "backends/redis/client.hpp"
#include "backends/redis/link.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using backends::errc;

// A command's bytes, as link::send() takes them.
inline std::string words(const std::vector<std::string>& command) {
    return resp_client::encode(command);
}

// Keeps what a link tells, in the order in which it tells it.
struct reply_keeper final : redis::receiver {
    struct one {
        std::uint64_t token;
        std::string bytes;                 // of a reply, whole
        std::size_t parts;
        boost::system::error_code failure; // then there is no reply
        std::string detail;
    };

    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override {
        partial.append(bytes);
        ++parts;
        if (!complete) return;
        all.push_back({token, std::move(partial), parts, {}, {}});
        partial.clear();
        parts = 0;
    }
    void on_failure(std::uint64_t token, const backends::failure& why) override {
        all.push_back({token, {}, parts, why.code, why.detail});
        partial.clear();
        parts = 0;
    }

    std::string partial;
    std::size_t parts = 0;
    std::vector<one> all;
};

// Runs a context with a poller until something holds.
class redis_loop {
public:
    redis_loop() : poller_(context_.get_executor()) { poller_.start(); }
    ~redis_loop() { poller_.stop(); }

    template <class Condition>
    void until(std::string_view what, Condition condition, std::chrono::milliseconds limit = 10s) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error("not within " + std::to_string(limit.count()) + " ms: " + std::string(what));
            context_.restart();
            context_.run_one_for(10ms);
        }
    }
    template <class T>
    T await(asio::awaitable<T> work) {
        return run_coroutine(context_, std::move(work));
    }

    asio::io_context& context() { return context_; }
    net::poller& poller() { return poller_; }

private:
    asio::io_context context_{1};
    net::poller poller_;
};

inline redis::link_settings link_settings_for(std::uint16_t port) {
    redis::link_settings settings;
    settings.redis.address.port = port;
    settings.redis.timeout = 5s;
    settings.redis.reconnect_max = 50ms;
    return settings;
}

// A link that runs until the test ends. `keep` must outlive it: declare it first.
class link_fixture {
public:
    explicit link_fixture(redis::link_settings settings, bool start = true)
        : link_(loop_.context().get_executor(), loop_.poller(), std::move(settings), stats,
                [this](bool up, const std::string& why) { changes.push_back(up ? "up" : "down: " + why); }) {
        if (start) run();
    }
    ~link_fixture() {
        if (!started_) return;
        link_.stop();
        try {
            loop_.until("the link's end", [this] { return ended_; });
        } catch (const std::runtime_error&) {
            std::terminate();   // it would go on with a link that is gone
        }
    }
    link_fixture(const link_fixture&) = delete;
    link_fixture& operator=(const link_fixture&) = delete;

    void run() {
        started_ = true;
        asio::co_spawn(loop_.context(), link_.run(), [this](std::exception_ptr thrown) {
            ended_ = true;
            if (thrown) std::rethrow_exception(thrown);
        });
    }
    void connect() {
        loop_.until("the link is up", [this] { return link_.is_connected(); });
    }

    redis::link& operator*() { return link_; }
    redis::link* operator->() { return &link_; }
    redis_loop& loop() { return loop_; }
    bool ended() const { return ended_; }

    redis::link_stats stats;
    std::vector<std::string> changes;

private:
    redis_loop loop_;
    redis::link link_;
    bool started_ = false;
    bool ended_ = false;
};

}  // namespace respgres::tests
