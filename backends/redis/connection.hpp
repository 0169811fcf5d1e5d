#pragma once

#include "backends/errors.hpp"
#include "backends/net/channel.hpp"
#include "backends/net/poller.hpp"
#include "backends/redis/link_stats.hpp"
#include "backends/redis/pending_queue.hpp"
#include "protocol/resp/reply_framer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::redis {

// Takes the replies of the commands that it sent. Called on the connection's thread, in the order of sending.
class receiver {
public:
    // Bytes of the reply to the command sent with `token`; large replies come in several parts, the last with complete = true.
    virtual void on_reply(std::uint64_t token, std::string_view bytes, bool complete) = 0;
    // There will be no reply, or no more of it: connection_lost or timed_out (the command may have taken effect), not_connected (it was not sent).
    virtual void on_failure(std::uint64_t token, const backends::failure& why) = 0;

protected:
    ~receiver() = default;
};

// One connection to Redis: commands leave in the order of send(), pipelined, and replies find their way back by that order. Used again and again
// by link, once by whoever needs one of its own.
//
// Not thread-safe: one worker's. Never awaits: the poller tells it what is ready.
class connection final : public net::poller::handler, public net::flushable {
public:
    class owner {
    public:
        // It breaks (not: it is closed). Whoever waits is told next. Not to be destroyed from within.
        virtual void on_broken(const backends::failure& why) = 0;
        // Bytes of a message that answers no command (RESP3's push; RESP2's to a subscriber), as on_reply gives them.
        virtual void on_message(std::string_view bytes, bool complete) = 0;

    protected:
        ~owner() = default;
    };

    connection(net::poller& poller, link_stats& stats, owner& told);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // Takes a connection whose handshakes are done. What was sent before leaves now.
    void attach(net::channel opened);
    bool is_open() const { return channel_.is_open(); }

    // Sends bytes that are `replies` whole commands; the receiver gets the replies with `token`. Collected until attach().
    void send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies);

    // As if it had broken by itself: the owner is told, then it is closed.
    void break_because(backends::failure why);

    // Closes it, if it is open, and fails what waits for replies with `why`; that of which not a byte has left, with not_connected and the same words.
    void close(const backends::failure& why);

    // In RESP2, what a subscriber gets looks like a reply: with this, arrays that begin with "message", "pmessage" or "smessage" are messages.
    void expect_messages(bool expected) { expects_messages_ = expected; }

    // Nobody waits for a reply.
    bool is_idle() const { return pending_.empty(); }
    std::size_t queued_bytes() const { return output_.size() - written_; }
    // Since when nothing has come although somebody waits for a reply.
    std::chrono::steady_clock::time_point last_progress() const { return last_progress_; }

    void on_ready(net::readiness told) override;
    void flush() override;

private:
    void read();
    void deliver(std::string_view bytes);
    void hand_over(std::string_view part, bool complete);
    void write();
    void drop_written();
    void update_interest();

    net::poller& poller_;
    link_stats& stats_;
    owner& owner_;
    net::channel channel_;
    net::interest watched_;
    protocol::reply_framer framer_;
    pending_queue<receiver> pending_;
    std::string output_;  // commands that are not wholly written, behind `written_`
    std::size_t written_ = 0;
    std::uint64_t output_end_ = 0;  // stream position of the end of output_
    std::string undecided_;  // the first bytes of what may be a reply or a message
    bool wants_write_ = false;
    bool expects_messages_ = false;
    bool in_message_ = false;  // what is under way answers no command
    bool reply_started_ = false;
    std::chrono::steady_clock::time_point last_progress_{};
};

}  // namespace respgres::redis
