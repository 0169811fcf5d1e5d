#include "bench/side_by_side/target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace respgres::side_by_side {

namespace {

constexpr int patience_ms = 10'000;              // a server that is silent for so long has failed
constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t shown_bytes = 100;         // of a bad reply

double seconds_since(steady_clock::time_point start) {
    return std::chrono::duration<double>(steady_clock::now() - start).count();
}

double microseconds(steady_clock::duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

target::target(std::string name, const std::string& host, std::uint16_t port, std::size_t connections)
    : name_(std::move(name)), connections_(connections), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes) {
    if (!epoll_.is_open()) fail("epoll_create1: " + std::string(std::strerror(errno)));
    connect(host, port);
}

void target::connect(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) fail("'" + host + "' is no IPv4 address");
    for (connection& each : connections_) {
        each.socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(each.socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            fail("connecting to " + host + ":" + std::to_string(port) + ": " + std::strerror(errno));
        const int on = 1;
        ::setsockopt(each.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &each;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, each.socket.get(), &event) != 0)
            fail("epoll_ctl: " + std::string(std::strerror(errno)));
    }
}

void target::fail(const std::string& what) const {
    throw std::runtime_error(name_ + ": " + what);
}

// What is sent fits the sockets' buffers unless the server has stopped reading; then we wait for it.
void target::send(connection& to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            pollfd writable{to.socket.get(), POLLOUT, 0};
            if (::poll(&writable, 1, patience_ms) == 0) fail("takes no more commands");
        } else if (errno != EINTR) {
            fail(std::string("sending: ") + std::strerror(errno));
        }
    }
}

void target::wait(int timeout) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) fail(std::string("epoll_wait: ") + std::strerror(errno));
    ready_.clear();
    for (int i = 0; i < count; ++i) ready_.push_back(static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    if (count == 0 && timeout == patience_ms) fail("says nothing for 10 s");
}

std::size_t target::receive(connection& from, const workload& what, slice_result& result) {
    const ssize_t got = ::recv(from.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got == 0) fail("closed a connection");
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail(std::string("receiving: ") + std::strerror(errno));
    std::string_view bytes(buffer_.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    std::size_t replies = 0;
    while (!bytes.empty()) {
        const auto piece = from.framer.next(bytes);
        if (piece.state == protocol::reply_framer::status::malformed) fail("its reply is malformed: " + std::string(from.framer.error()));
        from.reply_bytes += piece.length;
        if (piece.state == protocol::reply_framer::status::complete) {
            ++replies;
            if (from.framer.type() == '-' || from.reply_bytes < what.least_reply_bytes) {
                if (++result.bad_replies == 1) result.first_bad = bytes.substr(0, std::min(piece.length, shown_bytes));
            }
            from.reply_bytes = 0;
        }
        bytes.remove_prefix(piece.length);
    }
    result.requests += replies;
    return replies;
}

slice_result target::run_closed(const workload& what, command_source& commands, steady_clock::duration length) {
    slice_result result;
    std::size_t busy = 0;
    const auto send_next = [&](connection& to) {
        const std::string_view batch = commands.next_batch();
        if (batch.empty()) return;
        send(to, batch);
        to.awaited = what.depth;
        ++busy;
    };
    const auto start = steady_clock::now();
    for (connection& each : connections_) send_next(each);
    while (busy > 0) {
        wait(patience_ms);
        const bool over = steady_clock::now() - start >= length;
        for (connection* each : ready_) {
            const std::size_t replies = receive(*each, what, result);
            if (replies > each->awaited) fail("sends more replies than it was asked for");
            each->awaited -= replies;
            if (replies == 0 || each->awaited > 0) continue;
            --busy;
            if (!over) send_next(*each);
        }
    }
    result.seconds = seconds_since(start);
    return result;
}

// Sends what is due by now and moves `sent` on. False when there are no commands left.
bool target::send_due(command_source& commands, const bookmaker::schedule& dues, std::uint64_t& sent, std::uint64_t last) {
    for (const std::uint64_t due = std::min(dues.due_by(steady_clock::now()), last); sent < due; ++sent) {
        const std::string_view command = commands.next_batch();
        if (command.empty()) return false;
        connection& to = connections_[sent % connections_.size()];
        send(to, command);
        to.due.push_back(dues.due_time(sent));
    }
    return true;
}

slice_result target::run_open(const workload& what, command_source& commands, steady_clock::duration length, bool own_core) {
    slice_result result;
    const auto start = steady_clock::now();
    const bookmaker::schedule dues(start, what.open_rate);
    std::uint64_t last = dues.due_by(start + length), sent = 0;
    auto heard = start;
    while (sent < last || result.requests < sent) {
        if (!send_due(commands, dues, sent, last)) last = sent;
        if (!own_core) std::this_thread::yield();
        wait(0);
        const auto now = steady_clock::now();
        for (connection* each : ready_) {
            for (std::size_t replies = receive(*each, what, result); replies > 0; --replies) {
                if (each->due.empty()) fail("sends more replies than it was asked for");
                result.latencies.push_back(microseconds(now - each->due.front()));
                each->due.pop_front();
            }
        }
        if (!ready_.empty() || result.requests == sent) heard = now;
        if (now - heard > std::chrono::milliseconds(patience_ms)) fail("says nothing for 10 s");
    }
    result.seconds = seconds_since(start);
    return result;
}

}  // namespace respgres::side_by_side
