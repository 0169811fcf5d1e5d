#include "backends/net/poller.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/epoll.h>
#include <system_error>

namespace respgres::net {

namespace {

constexpr std::size_t scratch_bytes = 256 * 1024;
constexpr int round_events = 256;

std::uint32_t events_of(bool read, bool write) {
    return (read ? static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLRDHUP) : 0u) |
           (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
}

void control(int epoll, int operation, int fd, poller::handler* target, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = target;
    if (::epoll_ctl(epoll, operation, fd, &event) != 0) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

poller::poller(const executor& loop) : loop_(loop), epoll_(::epoll_create1(EPOLL_CLOEXEC)), descriptor_(loop), scratch_(scratch_bytes) {
    if (!epoll_.is_open()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

poller::~poller() = default;

void poller::start() {
    stopped_ = false;
    descriptor_.assign(::dup(epoll_.get()));
    wait();
}

void poller::stop() {
    stopped_ = true;
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

void poller::add(int fd, handler& target, bool read, bool write) {
    control(epoll_.get(), EPOLL_CTL_ADD, fd, &target, events_of(read, write));
}

void poller::change(int fd, handler& target, bool read, bool write) {
    control(epoll_.get(), EPOLL_CTL_MOD, fd, &target, events_of(read, write));
}

void poller::remove(int fd, handler& target) {
    epoll_event event{};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
    std::replace(round_.begin(), round_.end(), static_cast<void*>(&target), static_cast<void*>(nullptr));
}

void poller::post_flushes() {
    if (flush_posted_ || stopped_) return;
    flush_posted_ = true;
    boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        flush_posted_ = false;
        run_flushes();
    });
}

void poller::forget_flush(flushable& target) {
    if (!target.queued_) return;
    target.queued_ = false;
    std::replace(flushes_.begin(), flushes_.end(), &target, static_cast<flushable*>(nullptr));
}

std::chrono::steady_clock::time_point poller::now() const {
    return in_round_ ? round_began_ : std::chrono::steady_clock::now();
}

void poller::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this, alive = std::weak_ptr(alive_)](boost::system::error_code failed) {
                               if (failed || alive.expired() || stopped_) return;
                               run_round();
                               if (!stopped_) wait();
                           });
}

void poller::run_round() {
    std::array<epoll_event, round_events> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), round_events, 0);
    if (count <= 0) return;
    in_round_ = true;
    round_began_ = std::chrono::steady_clock::now();
    round_.clear();
    for (int i = 0; i < count; ++i) {
        void* const target = events[static_cast<std::size_t>(i)].data.ptr;   // a copy: epoll_event is packed
        round_.push_back(target);
    }
    for (std::size_t i = 0; i < round_.size(); ++i) {
        if (round_[i] == nullptr) continue;
        const std::uint32_t ready = events[i].events;
        const bool broken = (ready & (static_cast<std::uint32_t>(EPOLLERR) | static_cast<std::uint32_t>(EPOLLHUP))) != 0;
        const bool readable = (ready & (static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLRDHUP))) != 0;
        const bool writable = (ready & static_cast<std::uint32_t>(EPOLLOUT)) != 0;
        const readiness told{readable || broken, writable || broken, broken};
        static_cast<handler*>(round_[i])->on_ready(told);
    }
    round_.clear();
    run_flushes();
    in_round_ = false;
}

void poller::run_flushes() {
    // A flush may queue others (a reply that frees a slot lets a client send more): by index, until none is left.
    for (std::size_t i = 0; i < flushes_.size(); ++i) {
        flushable* target = flushes_[i];
        if (target == nullptr) continue;
        target->queued_ = false;
        flushes_[i] = nullptr;
        target->flush();
    }
    flushes_.clear();
}

}  // namespace respgres::net
