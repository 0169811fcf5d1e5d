#include "proxy/commands/stateful_client.hpp"

#include "proxy/commands/reply_bytes.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace respgres::proxy {

stateful_client& stateful_client::of(worker_services& services, session& client) {
    if (client.state() == nullptr) client.set_state(std::make_unique<stateful_client>(services, client));
    return *find(client);
}

stateful_client::~stateful_client() {
    client_.record().set_redirect(-1);   // after RESET the client stays
    give_back(false);
}

boost::asio::awaitable<std::optional<std::string>> stateful_client::acquire() {
    if (upstream_ != nullptr) co_return std::nullopt;
    database_ = client_.database();
    version_ = client_.version();
    is_realigned_ = false;
    auto taken = co_await services_.dedicated.take(database_, version_, settings_of(client_));
    if (taken.has_error()) co_return error_reply(dedicated_failure_text(taken.error()));
    upstream_ = std::move(taken.value());
    upstream_->set_user(this);
    if (!gone_) co_return std::nullopt;
    release(false);
    co_return error_reply("ERR the client has gone");
}

void stateful_client::release(bool is_clean) {
    watches_ = false;
    if (!tracking.is_on()) give_back(is_clean);
}

void stateful_client::give_back(bool is_clean) {
    if (upstream_ != nullptr) services_.dedicated.give_back(std::move(upstream_), is_clean && !is_realigned_);
}

std::size_t stateful_client::precede(std::string& commands) {
    const std::size_t replies = align(commands);
    const std::string_view caching = tracking.before();
    commands.append(caching);
    return replies + (caching.empty() ? 0 : 1);
}

bool stateful_client::send(std::string_view commands, redis::receiver& to, std::uint64_t token, std::uint32_t replies) {
    if (upstream_ == nullptr) return false;
    std::string before;
    if (const auto count = align(before); count > 0 && !upstream_->send(before, redis::nobody, 0, static_cast<std::uint32_t>(count)))
        return false;
    return upstream_->send(commands, to, token, replies);
}

const backends::failure& stateful_client::last_failure() const {
    static const backends::failure given_up{make_error_code(backends::errc::not_connected), "the client has gone", {}};
    return upstream_ == nullptr ? given_up : upstream_->last_failure();
}

void stateful_client::start_tracking(const tracking_request& request, std::unique_ptr<invalidation_inbox> inbox) {
    tracking.start(request);
    client_.record().set_redirect(tracking.redirect());
    inbox_ = std::move(inbox);
}

void stateful_client::end_tracking() {
    tracking.end();
    client_.record().set_redirect(-1);
    inbox_.reset();
    if (!watches_) give_back(false);
}

std::size_t stateful_client::align(std::string& commands) {
    std::size_t replies = 0;
    if (database_ != client_.database()) {
        database_ = client_.database();
        protocol::append_command(commands, {"SELECT", std::to_string(database_)});
        ++replies;
    }
    if (version_ != client_.version()) {
        version_ = client_.version();
        protocol::append_command(commands, {"HELLO", version_ == protocol::resp_version::resp3 ? "3" : "2"});
        ++replies;
    }
    is_realigned_ = is_realigned_ || replies > 0;
    return replies;
}

void stateful_client::end_watch() {
    watch_broke_ = false;
    release(true);
}

void stateful_client::set_blocked(bool blocked) {
    is_blocked_ = blocked;
    client_.record().set_blocked_connection(blocked ? upstream_->id() : 0);
}

// Ends a blocking command, too: who waits for its reply is told.
void stateful_client::on_client_gone() {
    if (std::exchange(gone_, true)) return;
    if (is_blocked_) give_back(false);
    release(false);   // if reads are tracked, what is under way ends first
    subscriptions.close();
}

// Redis forgets what a client that is tracked has read, so it must not believe any longer what it has kept: it connects again, as it does when Redis goes.
void stateful_client::on_broken(const backends::failure&) {
    watch_broke_ = watch_broke_ || watches_;
    if (tracking.is_on()) client_.close_now();
}

void stateful_client::check_time_limit(std::chrono::steady_clock::time_point now) {
    const auto limit = services_.settings.redis.timeout;
    if (upstream_ == nullptr || is_blocked_ || !upstream_->wire().is_open() || upstream_->wire().is_idle()) return;
    if (now - upstream_->wire().last_progress() < limit) return;
    services_.stats.redis.timeouts.add();
    upstream_->wire().break_because(
        {make_error_code(backends::errc::timed_out), "Redis did not answer within " + std::to_string(limit.count()) + " ms", {}});
}

void stateful_client::on_message(std::string_view bytes, bool complete) {
    constexpr std::string_view redirect_broken = ">2\r\n$21\r\ntracking-redir-broken\r\n";
    message_.append(bytes);
    if (!complete) return;
    std::string whole = std::exchange(message_, {});
    if (!tracking.is_on() || client_.version() != protocol::resp_version::resp3) return;
    // Redis names our connection, the client knows the other client's number.
    push(whole.starts_with(redirect_broken) ? redirect_broken_push(static_cast<std::uint64_t>(tracking.redirect())) : std::move(whole));
}

// In the order in which Redis sent it and replies: a client that is told of a change before it gets the old value would keep that. The reply of a
// command that pauses the client comes from a coroutine, which is resumed by a post.
void stateful_client::push(std::string message) {
    if (!client_.is_paused()) return client_.push_invalidation(message);
    boost::asio::post(services_.executor, [this, alive = std::weak_ptr(alive_), message = std::move(message)] {
        if (!alive.expired()) client_.push_invalidation(message);
    });
}

command_route route_of(worker_services& services, session& client) {
    redis::link& shared = links_of(services, client).get(client.database(), client.version());
    const bool only_redis = client.at_redis() != nullptr;
    if (client.state() != nullptr) [[unlikely]] {
        stateful_client& state = *stateful_client::find(client);
        if (state.tracking.is_on()) return {&state, &shared, state.tracking.before(), only_redis, &services.gates.home(), client.after()};
    }
    const link_gate& gate = only_redis ? services.gates.home() : services.gates.of(client.version());
    return {&shared, nullptr, {}, only_redis, &gate, client.after()};
}

}  // namespace respgres::proxy
