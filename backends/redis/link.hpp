#pragma once

#include "backends/connection_fsm.hpp"
#include "backends/errors.hpp"
#include "backends/net/connect.hpp"
#include "backends/net/poller.hpp"
#include "backends/redis/link_stats.hpp"
#include "backends/redis/pending_queue.hpp"
#include "conf/settings.hpp"
#include "protocol/resp/reply_framer.hpp"
#include "protocol/resp/reply_writer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace respgres::redis {

// Takes the replies of the commands that it sent. Called on the link's thread, in the order of sending.
class receiver {
public:
    // Bytes of the reply to the command sent with `token`; large replies come in several parts, the last with complete = true.
    virtual void on_reply(std::uint64_t token, std::string_view bytes, bool complete) = 0;
    // There will be no reply, or no more of it: connection_lost or timed_out (the command may have taken effect), not_connected (it was not sent).
    virtual void on_failure(std::uint64_t token, const backends::failure& why) = 0;

protected:
    ~receiver() = default;
};

struct link_settings {
    conf::redis_settings redis;
    std::uint32_t database = 0;
    protocol::resp_version version = protocol::resp_version::resp2;
};

// One connection to Redis that many senders share: their commands are pipelined onto it in the order of send(), and the replies find their
// way back by that order. It connects by itself, again and again with back-off (see connection_fsm.hpp), while run() runs.
//
// Not thread-safe: one worker's. Senders must not change the connection's state (SELECT, MULTI without its EXEC in the same
// send, SUBSCRIBE, CLIENT REPLY ...) nor block it: the command table keeps such commands away.
class link final : public net::poller::handler, public net::flushable {
public:
    // `on_change` is told when the link comes up or goes down, with the reason: for the log, one line per change.
    link(boost::asio::any_io_executor executor, net::poller& poller, link_settings settings, link_stats& stats,
         std::function<void(bool up, const std::string& why)> on_change);
    ~link();

    // Runs until stop(); await it to know that all is closed and every sender has had its reply or failure.
    boost::asio::awaitable<void> run();
    void stop();

    // Sends bytes that are `replies` whole commands; the receiver gets the replies with `token`. While the link connects, commands wait for it (at
    // most until that attempt ends). False: not connected and no attempt under way, nothing was taken; last_failure() says why.
    [[nodiscard]] bool send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies = 1);

    bool is_connected() const { return state_ == state::ready; }
    const backends::failure& last_failure() const { return last_failure_; }
    const std::string& server_version() const { return server_version_; }  // as the newest connection told it, "" before
    protocol::resp_version version() const { return settings_.version; }
    // Nobody waits for a reply.
    bool is_idle() const { return pending_.empty(); }
    std::size_t queued_bytes() const { return output_.size() - written_; }

    // Called by the worker's clock now and then: breaks a connection whose oldest command waits longer than the time limit.
    void check_time_limit(std::chrono::steady_clock::time_point now);

    void on_ready(net::readiness ready) override;
    void flush() override;

private:
    enum class state : std::uint8_t { waiting, connecting, ready, stopped };

    boost::asio::awaitable<backends::connection_fsm::event> connect(std::chrono::steady_clock::time_point deadline);
    boost::asio::awaitable<backends::outcome<net::socket>> open(std::chrono::steady_clock::time_point deadline);
    void tell_down();
    void serve(net::socket socket);
    void read();
    void deliver(std::string_view bytes);
    void write();
    void drop_written();
    void want_write(bool wanted);
    void break_connection(backends::failure why);
    void fail_pending(const backends::failure& why, std::uint64_t written_to);  // written_to: stream position up to which bytes have left

    boost::asio::any_io_executor executor_;
    net::poller& poller_;
    link_settings settings_;
    link_stats& stats_;
    std::function<void(bool, const std::string&)> on_change_;
    state state_ = state::connecting;  // commands may be sent before run() had its first turn
    net::unique_fd fd_;
    protocol::reply_framer framer_;
    pending_queue<receiver> pending_;
    std::string output_;  // commands that are not wholly written, behind `written_`
    std::size_t written_ = 0;
    std::uint64_t output_end_ = 0;  // stream position of the end of output_
    bool wants_write_ = false;
    bool in_push_ = false;  // the reply under way is an out-of-band message
    bool reply_started_ = false;
    std::chrono::steady_clock::time_point last_progress_{};
    backends::failure last_failure_;
    std::string server_version_;
    bool told_down_ = false;
    backends::connection_fsm fsm_;
    boost::asio::experimental::channel<void(boost::system::error_code)> broken_;
    boost::asio::experimental::channel<void(boost::system::error_code)> stopping_;  // ends an attempt to connect
    boost::asio::steady_timer pause_;
};

}  // namespace respgres::redis
