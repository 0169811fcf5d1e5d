#include "backends/postgres/descriptor_watch.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;

descriptor_watch::descriptor_watch(const asio::any_io_executor& executor) : descriptor_(executor), watchdog_(executor), pause_(executor) {}

bool descriptor_watch::watch(int socket) {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return false;
    boost::system::error_code error;
    descriptor_.assign(copy, error);
    return !error;
}

// While a descriptor is registered it wakes the thread, also when nobody waits for it.
void descriptor_watch::mute() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

void descriptor_watch::close() {
    closed_ = true;
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    watchdog_.cancel();
    pause_.cancel();
}

void descriptor_watch::interrupt() {
    interrupted_ = true;
    cancel_waits();
}

asio::awaitable<wake_cause> descriptor_watch::wait(readiness what) {
    for (;;) {
        if (closed_ || (what != readiness::none && !descriptor_.is_open())) co_return wake_cause::failed;
        if (std::exchange(interrupted_, false)) co_return wake_cause::interrupted;
        if (deadline_ != never && std::chrono::steady_clock::now() >= deadline_) co_return wake_cause::time_limit;
        if (what == readiness::none) {
            pause_.expires_at(deadline_);
            co_await pause_.async_wait(net::as_values);
            continue;   // the checks above tell why
        }
        if (what == readiness::now) {
            co_await asio::post(descriptor_.get_executor(), asio::use_awaitable);
            co_return closed_ ? wake_cause::failed : wake_cause::ready;
        }
        look_after_deadline();
        const auto error = co_await wait_for_socket(what);
        if (!error) co_return wake_cause::ready;
        if (error != asio::error::operation_aborted) co_return wake_cause::failed;
    }
}

asio::awaitable<boost::system::error_code> descriptor_watch::wait_for_socket(readiness what) {
    if (what != readiness::read_or_write) {
        const auto event = what == readiness::read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
        const auto [error] = co_await descriptor_.async_wait(event, net::as_values);
        co_return error;
    }
    auto either = asio::experimental::make_parallel_group(descriptor_.async_wait(asio::posix::descriptor_base::wait_read, asio::deferred),
                                                          descriptor_.async_wait(asio::posix::descriptor_base::wait_write, asio::deferred));
    const asio::experimental::wait_for_one first;
    const auto [order, read, written] = co_await either.async_wait(first, net::as_values);
    co_return order[0] == 0 ? read : written;
}

void descriptor_watch::look_after_deadline() {
    if (looks_at_ <= deadline_) return;
    looks_at_ = deadline_;
    watchdog_.expires_at(deadline_);
    // The timer may have fired, and its handler be on the way, when this object goes: hence the weak pointer.
    watchdog_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        if (error) return;
        const auto self = weak.lock();
        if (!self || self->closed_) return;
        self->looks_at_ = never;
        if (std::chrono::steady_clock::now() >= self->deadline_) return self->cancel_waits();
        self->look_after_deadline();
    });
}

void descriptor_watch::cancel_waits() {
    boost::system::error_code ignored;
    descriptor_.cancel(ignored);
    pause_.cancel();
}

}  // namespace respgres::postgres
