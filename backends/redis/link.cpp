#include "backends/redis/link.hpp"

#include "backends/redis/handshake.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <random>
#include <sys/socket.h>
#include <utility>
#include <variant>

namespace respgres::redis {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

// Output beyond this is not collected while the connection is being made: the senders are told instead.
constexpr std::size_t max_output_while_connecting = 16 * 1024 * 1024;
constexpr std::size_t keep_output_capacity = 256 * 1024;

failure system_failure(errc code, int error) {
    return {make_error_code(code), std::strerror(error), {}};
}

double random_unit() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

link::link(asio::any_io_executor executor, net::poller& poller, link_settings settings, link_stats& stats,
           std::function<void(bool, const std::string&)> on_change)
    : executor_(executor),
      poller_(poller),
      settings_(std::move(settings)),
      stats_(stats),
      on_change_(std::move(on_change)),
      fsm_({settings_.redis.connect_timeout, settings_.redis.reconnect_max}),
      broken_(executor, 1),
      stopping_(executor, 1),
      pause_(executor) {}

link::~link() {
    poller_.forget_flush(*this);
    if (fd_.is_open()) poller_.remove(fd_.get(), *this);
}

asio::awaitable<void> link::run() {
    using backends::connection_fsm;
    auto event = connection_fsm::event::started;
    while (true) {
        const auto next = fsm_.resume(event, state_ == state::stopped, std::chrono::steady_clock::now(), random_unit());
        if (const auto* attempt = std::get_if<connection_fsm::open>(&next)) {
            event = co_await connect(attempt->limit);
        } else if (std::holds_alternative<connection_fsm::serve>(next)) {
            co_await broken_.async_receive(as_values);
            event = connection_fsm::event::broken;
        } else if (const auto* rest = std::get_if<connection_fsm::rest>(&next)) {
            tell_down();
            pause_.expires_at(rest->until);
            co_await pause_.async_wait(as_values);
            event = connection_fsm::event::rested;
        } else {
            break;
        }
    }
    const failure stopping{make_error_code(errc::cancelled), "the proxy is shutting down", {}};
    fail_pending(stopping, 0);
}

asio::awaitable<backends::connection_fsm::event> link::connect(std::chrono::steady_clock::time_point deadline) {
    using namespace asio::experimental::awaitable_operators;
    using backends::connection_fsm;
    state_ = state::connecting;
    auto first = co_await (open(deadline) || stopping_.async_receive(as_values));
    if (first.index() == 1 || state_ == state::stopped) co_return connection_fsm::event::connect_failed;
    auto& opened = std::get<0>(first);
    if (opened.has_value()) {
        told_down_ = false;
        serve(std::move(opened.value()));
        on_change_(true, {});
        co_return connection_fsm::event::connected;
    }
    stats_.connect_failures.add();
    last_failure_ = opened.error();
    state_ = state::waiting;
    fail_pending(last_failure_, 0);
    co_return connection_fsm::event::connect_failed;
}

// One line for each outage, not for each attempt.
void link::tell_down() {
    if (!std::exchange(told_down_, true)) on_change_(false, last_failure_.detail);
}

void link::stop() {
    if (state_ == state::stopped) return;
    // Not `cancelled`: what was written may have taken effect, and its sender must be told so.
    const failure stopping{make_error_code(errc::connection_lost), "the proxy is shutting down", {}};
    break_connection(stopping);
    state_ = state::stopped;
    pause_.cancel();
    broken_.try_send(boost::system::error_code{});
    stopping_.try_send(boost::system::error_code{});
}

asio::awaitable<outcome<net::socket>> link::open(std::chrono::steady_clock::time_point deadline) {
    auto connected = co_await net::connect(settings_.redis.address, deadline);
    if (connected.has_error()) co_return connected.error();
    auto greeted = co_await handshake(connected.value(), settings_, deadline);
    if (greeted.has_error()) co_return greeted.error();
    server_version_ = greeted.value();
    co_return std::move(connected.value());
}

void link::serve(net::socket socket) {
    socket.non_blocking(true);
    fd_.reset(socket.release());
    framer_.reset();
    in_push_ = reply_started_ = false;
    wants_write_ = false;
    state_ = state::ready;
    last_progress_ = std::chrono::steady_clock::now();
    stats_.connects.add();
    stats_.connections.add(1);
    poller_.add(fd_.get(), *this, true, false);
    if (!output_.empty()) poller_.defer_flush(*this);
}

bool link::send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies) {
    if (state_ != state::ready && (state_ != state::connecting || output_.size() > max_output_while_connecting)) [[unlikely]] {
        stats_.errors.add(replies);
        return false;
    }
    if (pending_.empty()) last_progress_ = poller_.now();
    output_.append(commands);
    pending_.push({&to, token, output_end_, replies});
    output_end_ += commands.size();
    stats_.commands.add(replies);
    stats_.in_flight.add(replies);
    if (state_ == state::ready) poller_.defer_flush(*this);
    return true;
}

void link::flush() {
    if (state_ == state::ready && !wants_write_) write();
}

void link::write() {
    while (written_ < output_.size()) {
        const ssize_t sent = ::send(fd_.get(), output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                drop_written();
                return want_write(true);
            }
            return break_connection(system_failure(errc::connection_lost, errno));
        }
        written_ += static_cast<std::size_t>(sent);
        stats_.bytes_sent.add(static_cast<std::uint64_t>(sent));
    }
    output_.clear();
    if (output_.capacity() > keep_output_capacity) output_.shrink_to_fit();
    written_ = 0;
    want_write(false);
}

// A server that never takes all that is there must not make the buffer grow by what it has taken; moving the rest only when it is the
// smaller part keeps the cost per byte constant.
void link::drop_written() {
    if (written_ < output_.size() / 2) return;
    output_.erase(0, written_);
    written_ = 0;
}

void link::want_write(bool wanted) {
    if (wanted == wants_write_) return;
    wants_write_ = wanted;
    poller_.change(fd_.get(), *this, true, wanted);
}

void link::on_ready(net::readiness ready) {
    if (ready.readable) read();
    if (ready.writable && state_ == state::ready && wants_write_) write();
}

void link::read() {
    const auto scratch = poller_.scratch();
    const ssize_t got = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
    if (got > 0) {
        stats_.bytes_received.add(static_cast<std::uint64_t>(got));
        last_progress_ = poller_.now();
        return deliver({scratch.data(), static_cast<std::size_t>(got)});
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
    break_connection(got == 0 ? failure{make_error_code(errc::connection_lost), "Redis closed the connection", {}}
                              : system_failure(errc::connection_lost, errno));
}

void link::deliver(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!reply_started_) {
            reply_started_ = true;
            in_push_ = bytes.front() == '>';
        }
        const auto [length, status] = framer_.next(bytes);
        if (status == protocol::reply_framer::status::malformed || (!in_push_ && pending_.empty())) {
            stats_.protocol_errors.add();
            const std::string why =
                status == protocol::reply_framer::status::malformed ? std::string(framer_.error()) : "a reply that nobody asked for";
            return break_connection({make_error_code(errc::protocol_error), "Redis sent " + why, {}});
        }
        const bool complete = status == protocol::reply_framer::status::complete;
        const std::string_view part = bytes.substr(0, length);
        bytes.remove_prefix(length);
        reply_started_ = !complete;
        if (in_push_) continue;
        // The entry leaves the queue first: the receiver may send again, or break the connection, from within.
        const auto entry = pending_.front();
        if (complete) {
            stats_.in_flight.add(-1);
            if (--pending_.front().replies == 0) pending_.pop();
        }
        entry.to->on_reply(entry.token, part, complete);
        if (state_ != state::ready) return;
    }
}

void link::break_connection(failure why) {
    if (state_ != state::ready) return;
    poller_.remove(fd_.get(), *this);
    fd_.reset();
    state_ = state::waiting;
    stats_.connections.add(-1);
    const std::uint64_t written_to = output_end_ - (output_.size() - written_);
    last_failure_ = why;
    fail_pending(why, written_to);
    broken_.try_send(boost::system::error_code{});
}

void link::fail_pending(const failure& why, std::uint64_t written_to) {
    // Commands of which not a byte has left were certainly not carried out; of the others nobody knows.
    failure unsent = why;
    unsent.code = make_error_code(errc::not_connected);
    output_.clear();
    written_ = 0;
    const std::size_t count = pending_.size();   // a receiver may send again from within: that one is not of this connection
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = pending_.front();
        pending_.pop();
        stats_.in_flight.add(-static_cast<std::int64_t>(entry.replies));
        stats_.errors.add(entry.replies);
        entry.to->on_failure(entry.token, entry.begin < written_to ? why : unsent);
    }
}

void link::check_time_limit(std::chrono::steady_clock::time_point now) {
    if (state_ != state::ready || pending_.empty() || now - last_progress_ < settings_.redis.timeout) return;
    stats_.timeouts.add();
    break_connection(
        {make_error_code(errc::timed_out), "Redis did not answer within " + std::to_string(settings_.redis.timeout.count()) + " ms", {}});
}

}  // namespace respgres::redis
