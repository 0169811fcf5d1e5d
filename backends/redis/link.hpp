#pragma once

#include "backends/connection_fsm.hpp"
#include "backends/errors.hpp"
#include "backends/net/poller.hpp"
#include "backends/net/tls_context.hpp"
#include "backends/redis/connection.hpp"
#include "backends/redis/link_stats.hpp"
#include "backends/redis/sender.hpp"
#include "conf/settings.hpp"
#include "protocol/resp/reply_writer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace respgres::redis {

struct link_settings {
    conf::redis_settings redis;
    std::uint32_t database = 0;
    protocol::resp_version version = protocol::resp_version::resp2;
    std::shared_ptr<const net::tls_context> tls = {};   // for a rediss:// url
    bool is_tracked = false;  // Redis tells of changes of what was read: CLIENT TRACKING, answered before anything else is sent; with resp3
};

// Told of what a link gets that answers no command, in the order of the stream: what came before a reply is told before that reply.
class message_listener {
public:
    virtual void on_message(std::string_view bytes, bool complete) = 0;

protected:
    ~message_listener() = default;
};

// One connection to Redis that many senders share: their commands are pipelined onto it in the order of send(), and the replies find their
// way back by that order. It connects by itself, again and again with back-off (see connection_fsm.hpp), while run() runs.
//
// Not thread-safe: one worker's. Senders must not change the connection's state (SELECT, MULTI without its EXEC in the same
// send, SUBSCRIBE, CLIENT REPLY ...) nor block it: the command table keeps such commands away.
class link final : public connection::owner, public sender {
public:
    // `on_change` is told when the link comes up or goes down, with the reason: for the log, one line per change.
    link(boost::asio::any_io_executor executor, net::poller& poller, link_settings settings, link_stats& stats,
         std::function<void(bool up, const std::string& why)> on_change);

    // Runs until stop(); await it to know that all is closed and every sender has had its reply or failure.
    boost::asio::awaitable<void> run();
    void stop();

    // Must outlive the link's run(). Null: nobody listens.
    void set_listener(message_listener* told) { listener_ = told; }

    // While the link connects, commands wait for it (at most until that attempt ends). False: not connected and no attempt under way.
    [[nodiscard]] bool send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies = 1) override;

    bool is_connected() const { return state_ == state::ready; }
    // Another number for each connection, and while there is none: what was learnt of the server holds for one generation.
    std::uint64_t generation() const { return generation_; }
    const backends::failure& last_failure() const override { return last_failure_; }
    const std::string& server_version() const { return server_version_; }  // as the newest connection told it, "" before
    protocol::resp_version version() const { return settings_.version; }
    // Nobody waits for a reply.
    bool is_idle() const { return wire_.is_idle(); }
    std::size_t queued_bytes() const { return wire_.queued_bytes(); }

    // Called by the worker's clock now and then: breaks a connection whose oldest command waits longer than the time limit.
    void check_time_limit(std::chrono::steady_clock::time_point now);

private:
    enum class state : std::uint8_t { waiting, connecting, ready, stopped };

    boost::asio::awaitable<backends::connection_fsm::event> connect(std::chrono::steady_clock::time_point deadline);
    void tell_down();
    void on_broken(const backends::failure& why) override;
    void on_message(std::string_view bytes, bool complete) override {
        if (listener_ != nullptr) listener_->on_message(bytes, complete);
    }

    boost::asio::any_io_executor executor_;
    link_settings settings_;
    link_stats& stats_;
    std::function<void(bool, const std::string&)> on_change_;
    message_listener* listener_ = nullptr;
    state state_ = state::connecting;  // commands may be sent before run() had its first turn
    connection wire_;
    backends::failure last_failure_;
    std::string server_version_;
    std::uint64_t generation_ = 0;
    bool told_down_ = false;
    backends::connection_fsm fsm_;
    boost::asio::experimental::channel<void(boost::system::error_code)> broken_;
    boost::asio::experimental::channel<void(boost::system::error_code)> stopping_;  // ends an attempt to connect
    boost::asio::steady_timer pause_;
};

}  // namespace respgres::redis
