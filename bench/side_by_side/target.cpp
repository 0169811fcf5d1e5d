#include "bench/side_by_side/target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
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

struct socket_address {
    sockaddr_storage any{};
    socklen_t length = 0;
};

std::optional<socket_address> parse(const std::string& address) {
    constexpr std::string_view unix_socket = "unix:";
    socket_address parsed;
    if (address.starts_with(unix_socket)) {
        auto& path = reinterpret_cast<sockaddr_un&>(parsed.any);
        path.sun_family = AF_UNIX;
        if (address.size() - unix_socket.size() >= sizeof path.sun_path) return {};
        address.copy(path.sun_path, sizeof path.sun_path - 1, unix_socket.size());
        parsed.length = sizeof path;
        return parsed;
    }
    auto& inet = reinterpret_cast<sockaddr_in&>(parsed.any);
    inet.sin_family = AF_INET;
    const auto colon = address.rfind(':');
    if (colon == std::string::npos || ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &inet.sin_addr) != 1) return {};
    const char* const end = address.data() + address.size();
    std::uint16_t port = 0;
    if (std::from_chars(address.data() + colon + 1, end, port).ptr != end || port == 0) return {};
    inet.sin_port = htons(port);
    parsed.length = sizeof inet;
    return parsed;
}

}  // namespace

target::target(std::string name, const std::string& address, std::size_t connections)
    : name_(std::move(name)), connections_(connections), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes) {
    if (!epoll_.is_open()) fail("epoll_create1: " + std::string(std::strerror(errno)));
    connect(address);
}

void target::connect(const std::string& address) {
    const auto to = parse(address);
    if (!to) fail("'" + address + "' is neither IPV4:PORT nor unix:PATH");
    for (connection& each : connections_) {
        each.socket.reset(::socket(to->any.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(each.socket.get(), reinterpret_cast<const sockaddr*>(&to->any), to->length) != 0)
            fail("connecting to " + address + ": " + std::strerror(errno));
        const int on = 1;
        if (to->any.ss_family == AF_INET) ::setsockopt(each.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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

std::size_t target::receive(connection& from, const uniform_reply& reply, slice_result& result) {
    const ssize_t got = ::recv(from.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got == 0) fail("closed a connection");
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail(std::string("receiving: ") + std::strerror(errno));
    const std::string_view bytes(buffer_.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    const std::size_t replies = reply.bytes > 0 ? count_uniform(from, bytes, reply) : count_framed(from, bytes, result);
    result.requests += replies;
    return replies;
}

std::size_t target::count_uniform(connection& from, std::string_view bytes, const uniform_reply& reply) {
    std::size_t replies = 0;
    while (!bytes.empty()) {
        const std::size_t here = std::min(reply.bytes - from.reply_bytes, bytes.size());
        if (from.reply_bytes < reply.head.size()) {
            const std::string_view wanted = std::string_view(reply.head).substr(from.reply_bytes, here);
            if (bytes.substr(0, wanted.size()) != wanted) fail("a wrong reply: " + std::string(bytes.substr(0, shown_bytes)));
        }
        from.reply_bytes += here;
        bytes.remove_prefix(here);
        if (from.reply_bytes < reply.bytes) break;
        ++replies;
        from.reply_bytes = 0;
    }
    return replies;
}

std::size_t target::count_framed(connection& from, std::string_view bytes, slice_result& result) {
    std::size_t replies = 0;
    while (!bytes.empty()) {
        const auto piece = from.framer.next(bytes);
        if (piece.state == protocol::reply_framer::status::malformed) fail("its reply is malformed: " + std::string(from.framer.error()));
        if (piece.state == protocol::reply_framer::status::complete) {
            ++replies;
            if (from.framer.type() == '-' && ++result.bad_replies == 1)
                result.first_bad = bytes.substr(0, std::min(piece.length, shown_bytes));
        }
        bytes.remove_prefix(piece.length);
    }
    return replies;
}

slice_result target::run_closed(const workload& what, command_source& commands, steady_clock::duration length) {
    slice_result result;
    const uniform_reply reply = reply_to(what);
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
            const std::size_t replies = receive(*each, reply, result);
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
    const uniform_reply reply = reply_to(what);
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
            for (std::size_t replies = receive(*each, reply, result); replies > 0; --replies) {
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

void target::store(const workload& what, std::string_view prefix) {
    workload writing = what;
    writing.command = verb::set;           // its reply is that of append_store's command
    writing.depth = what.keys % bulk_depth == 0 ? bulk_depth : 1;
    const std::uint64_t first = first_number(what.keys), last = first + what.keys - 1;
    each_key_once commands(writing, prefix, first, last, append_store);
    run_closed(writing, commands, std::chrono::hours(1));
}

std::uint64_t target::counter(std::string_view name) {
    connection& with = connections_.front();
    send(with, "PROXY STATS\r\n");
    std::string text;
    for (bool complete = false; !complete;) {
        pollfd readable{with.socket.get(), POLLIN, 0};
        if (::poll(&readable, 1, patience_ms) == 0) fail("says nothing for 10 s");
        const ssize_t got = ::recv(with.socket.get(), buffer_.data(), buffer_.size(), 0);
        if (got <= 0) fail("closed a connection");
        const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
        text += bytes;
        complete = with.framer.next(bytes).state != protocol::reply_framer::status::incomplete;
    }
    const std::string line = "\n" + std::string(name) + ":";
    const auto at = text.find(line);
    if (at == std::string::npos) fail("its PROXY STATS has no " + std::string(name));
    std::uint64_t value = 0;
    std::from_chars(text.data() + at + line.size(), text.data() + text.size(), value);
    return value;
}

}  // namespace respgres::side_by_side
