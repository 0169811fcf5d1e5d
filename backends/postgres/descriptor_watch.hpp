#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace respgres::postgres {

enum class readiness {
    read,
    write,
    read_or_write,
    now,    // do not wait, but give others a turn
    none,   // wait for the time limit or an interruption only
};
enum class wake_cause { ready, time_limit, interrupted, failed };

// Waits for a socket that a library owns, with a time limit that is stored, not started: one timer looks after it and is only set anew when
// the limit moves nearer. One waiter at a time. Not thread-safe.
class descriptor_watch : public std::enable_shared_from_this<descriptor_watch> {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr time_point never = time_point::max();

    explicit descriptor_watch(const boost::asio::any_io_executor& executor);

    // Watches `socket` from now on, by a copy of the descriptor: libpq closes and reopens its own as it likes. False with errno set
    // when there are no descriptors left.
    bool watch(int socket);
    // Until the next watch() what the socket gets does not even wake the thread. Only readiness::none can be waited for meanwhile.
    void mute();
    bool is_muted() const { return !descriptor_.is_open(); }
    // Ends a wait with `failed`, and every later one. Nothing is pending in the executor afterwards but what is about to run.
    void close();

    void set_deadline(time_point deadline) { deadline_ = deadline; }

    // Ends the wait that is under way, or else the next one, with `interrupted`.
    void interrupt();

    // Returns at once when interrupted or past the deadline, so a socket that is always ready cannot starve either. Not to be
    // cancelled: use interrupt().
    boost::asio::awaitable<wake_cause> wait(readiness what);

private:
    boost::asio::awaitable<boost::system::error_code> wait_for_socket(readiness what);
    void look_after_deadline();
    void cancel_waits();

    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer watchdog_;  // ends a wait on the descriptor
    boost::asio::steady_timer pause_;  // is the wait, for readiness::none
    time_point deadline_ = never;
    time_point looks_at_ = never;  // when the watchdog will look at deadline_; never = it is not set
    bool interrupted_ = false;
    bool closed_ = false;
};

}  // namespace respgres::postgres
