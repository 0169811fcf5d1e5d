#pragma once

#include "backends/net/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace respgres::net {

// Work that is collected while events are handled and carried out once afterwards: writing an output buffer.
class flushable {
public:
    virtual void flush() = 0;

protected:
    ~flushable() = default;

private:
    friend class poller;
    bool queued_ = false;
};

// What a socket is ready for.
struct readiness {
    bool readable;   // data, end of stream, or an error that reading will tell
    bool writable;
    bool broken;     // both directions are closed, or an error: told whatever is watched for
};

// A worker's own epoll set for the sockets of the hot path (clients, shared Redis connections), nested in Asio's loop, which keeps
// timers and cold paths.
//
// Why not Asio's sockets: they are edge-triggered and read once more than needed per request (a third system call at depth 1). Here a ready
// socket costs one read, and everything that the events of one round produced leaves in one write per socket (defer_flush): a
// batch of clients' commands reaches Redis as one write, a batch of replies reaches each client as one.
//
// Not thread-safe: one per worker, used on its thread only. Handlers must be removed before they are destroyed.
class poller {
public:
    class handler {
    public:
        virtual void on_ready(readiness ready) = 0;

    protected:
        ~handler() = default;
    };

    using executor = boost::asio::io_context::executor_type;  // any_io_executor asks at each wait what it holds

    explicit poller(const executor& loop);
    ~poller();
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;

    // Starts to wait; runs until stop(). After stop() nothing that is pending on the executor keeps it from ending, or touches the poller once it is destroyed.
    void start();
    void stop();

    // Watches `fd`, level-triggered. Also allowed from within on_ready, as are change and remove.
    void add(int fd, handler& target, bool read, bool write);
    void change(int fd, handler& target, bool read, bool write);
    // Afterwards `target` gets no more events, not even those of the round under way.
    void remove(int fd, handler& target);

    // Calls target.flush() once, after the events of this round (or, from outside of a round, soon on the executor).
    void defer_flush(flushable& target) {
        if (target.queued_) return;
        target.queued_ = true;
        flushes_.push_back(&target);
        if (!in_round_) [[unlikely]]
            post_flushes();
    }
    void forget_flush(flushable& target);

    // Scratch memory for one read; its contents last until the handler returns.
    std::span<char> scratch() { return scratch_; }

    // The time at which the round under way began (or, outside of one, the time now).
    std::chrono::steady_clock::time_point now() const;

private:
    void wait();
    void run_round();
    void post_flushes();
    void run_flushes();

    executor loop_;
    unique_fd epoll_;
    boost::asio::posix::basic_stream_descriptor<executor> descriptor_;  // a duplicate of epoll_, so that Asio may close it
    std::vector<flushable*> flushes_;
    std::vector<char> scratch_;
    std::vector<void*> round_;  // handlers of the events of this round that are still to be called; nulled by remove()
    std::chrono::steady_clock::time_point round_began_{};
    bool in_round_ = false;
    bool flush_posted_ = false;
    bool stopped_ = true;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // what is posted may come later than our end
};

}  // namespace respgres::net
