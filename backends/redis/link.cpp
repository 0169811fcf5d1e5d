#include "backends/redis/link.hpp"

#include "backends/net/as_values.hpp"
#include "backends/redis/handshake.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>
#include <utility>
#include <variant>

namespace respgres::redis {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;

// Output beyond this is not collected while the connection is being made: the senders are told instead.
constexpr std::size_t max_output_while_connecting = 16 * 1024 * 1024;

double random_unit() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

link::link(asio::any_io_executor executor, net::poller& poller, link_settings settings, link_stats& stats,
           std::function<void(bool, const std::string&)> on_change)
    : executor_(executor),
      settings_(std::move(settings)),
      stats_(stats),
      on_change_(std::move(on_change)),
      wire_(poller, stats, *this),
      fsm_({settings_.redis.connect_timeout, settings_.redis.reconnect_max}),
      broken_(executor, 1),
      stopping_(executor, 1),
      pause_(executor) {}

asio::awaitable<void> link::run() {
    using backends::connection_fsm;
    auto event = connection_fsm::event::started;
    while (true) {
        const auto next = fsm_.resume(event, state_ == state::stopped, std::chrono::steady_clock::now(), random_unit());
        if (const auto* attempt = std::get_if<connection_fsm::open>(&next)) {
            event = co_await connect(attempt->limit);
        } else if (std::holds_alternative<connection_fsm::serve>(next)) {
            co_await broken_.async_receive(net::as_values);
            event = connection_fsm::event::broken;
        } else if (const auto* rest = std::get_if<connection_fsm::rest>(&next)) {
            tell_down();
            pause_.expires_at(rest->until);
            co_await pause_.async_wait(net::as_values);
            event = connection_fsm::event::rested;
        } else {
            break;
        }
    }
    const failure stopping{make_error_code(errc::cancelled), "the proxy is shutting down", {}};
    wire_.close(stopping);
}

asio::awaitable<backends::connection_fsm::event> link::connect(std::chrono::steady_clock::time_point deadline) {
    using namespace asio::experimental::awaitable_operators;
    using backends::connection_fsm;
    state_ = state::connecting;
    auto first = co_await (open_connection(settings_, deadline) || stopping_.async_receive(net::as_values));
    if (first.index() == 1 || state_ == state::stopped) co_return connection_fsm::event::connect_failed;
    auto& opened = std::get<0>(first);
    if (opened.has_value()) {
        told_down_ = false;
        state_ = state::ready;
        ++generation_;
        server_version_ = std::move(opened.value().server_version);
        wire_.attach(std::move(opened.value().wire));
        on_change_(true, {});
        co_return connection_fsm::event::connected;
    }
    stats_.connect_failures.add();
    last_failure_ = opened.error();
    state_ = state::waiting;
    wire_.close(last_failure_);
    co_return connection_fsm::event::connect_failed;
}

// One line for each outage, not for each attempt.
void link::tell_down() {
    if (!std::exchange(told_down_, true)) on_change_(false, last_failure_.detail);
}

void link::stop() {
    if (state_ == state::stopped) return;
    // Not `cancelled`: what was written may have taken effect, and its sender must be told so. From within that nobody sends again.
    const failure stopping{make_error_code(errc::connection_lost), "the proxy is shutting down", {}};
    const bool was_ready = state_ == state::ready;
    state_ = state::stopped;
    ++generation_;
    if (was_ready) wire_.close(stopping);
    pause_.cancel();
    broken_.try_send(boost::system::error_code{});
    stopping_.try_send(boost::system::error_code{});
}

bool link::send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies) {
    const bool may_wait = state_ == state::connecting && wire_.queued_bytes() <= max_output_while_connecting;
    if (state_ != state::ready && !may_wait) [[unlikely]] {
        stats_.errors.add(replies);
        return false;
    }
    wire_.send(commands, to, token, replies);
    return true;
}

void link::on_broken(const failure& why) {
    state_ = state::waiting;
    ++generation_;
    last_failure_ = why;
    broken_.try_send(boost::system::error_code{});
}

void link::check_time_limit(std::chrono::steady_clock::time_point now) {
    if (state_ != state::ready || wire_.is_idle() || now - wire_.last_progress() < settings_.redis.timeout) return;
    stats_.timeouts.add();
    const failure late{
        make_error_code(errc::timed_out), "Redis did not answer within " + std::to_string(settings_.redis.timeout.count()) + " ms", {}};
    wire_.break_because(late);
}

}  // namespace respgres::redis
