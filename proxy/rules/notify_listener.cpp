#include "proxy/rules/notify_listener.hpp"

#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/quoting.hpp"
#include "conf/values/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <libpq-fe.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds try_period{200};
constexpr milliseconds statement_limit{2'000};
// A server that is gone without a word is found out so.
constexpr milliseconds longest_silence{5'000};

struct notify_deleter {
    void operator()(PGnotify* told) const { PQfreemem(told); }
};
using notify_ptr = std::unique_ptr<PGnotify, notify_deleter>;

postgres::session_settings session_for(const conf::settings& settings) {
    postgres::session_settings to;
    to.url = settings.postgres.url.value;
    to.password = settings.postgres.password;
    to.connect_timeout = settings.postgres.connect_timeout;
    to.name = "respgres listener";
    return to;
}

}  // namespace

notify_listener::notify_listener(asio::any_io_executor executor, net::poller& poller, const conf::settings& settings,
                                 redis::link_settings redis, const mapping_table& mappings, const drop_rules& rules, rule_stats& stats)
    : executor_(executor),
      settings_(settings),
      rules_(rules),
      stats_(stats),
      session_(executor, session_for(settings)),
      shard_(executor, poller, std::move(redis), watermark_name(settings.freshness.slot.value), mappings),
      timer_(executor) {}

asio::awaitable<void> notify_listener::run() {
    constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
    while (!stopping_) {
        const auto ended = co_await attempt();
        stats_.listens.set(0);
        if (watch_) watch_->close();
        watch_.reset();
        session_.close();
        shard_.close();
        if (stopping_) break;
        if (ended.has_error()) report(ended.error().detail.empty() ? ended.error().code.message() : ended.error().detail);
        timer_.expires_after(try_period);
        co_await timer_.async_wait(as_values);
    }
}

void notify_listener::stop() {
    stopping_ = true;
    timer_.cancel();
    if (watch_) watch_->interrupt();
    session_.close();
    shard_.interrupt();
}

void notify_listener::tick(time_point now) {
    shard_.check_time_limit(now);
}

asio::awaitable<notify_listener::outcome> notify_listener::attempt() {
    auto done = co_await begin();
    while (done.has_value() && !stopping_) done = co_await follow();
    co_return done;
}

// Everything is awaited that stop() may come into, so each step looks whether it did.
asio::awaitable<notify_listener::outcome> notify_listener::begin() {
    auto opened = co_await session_.open(steady_clock::now() + settings_.postgres.connect_timeout);
    if (opened.has_error() || stopping_) co_return opened;
    std::string listen;
    for (const std::string& channel : rules_.channels()) listen += "LISTEN " + postgres::quoted_name(channel) + ";";
    const auto begun = co_await session_.query(std::move(listen), steady_clock::now() + statement_limit);
    if (begun.has_error()) co_return begun.error();
    auto attached = co_await shard_.attach(steady_clock::now() + settings_.redis.connect_timeout);
    if (attached.has_error() || stopping_) co_return attached;
    // Behind LISTEN: what was committed before it may have been notified to nobody.
    auto dropped = co_await shard_.drop(rules_.notified(), whole_drop::by_scan);
    if (dropped.has_error() || stopping_) co_return dropped;
    watch_ = std::make_shared<postgres::descriptor_watch>(executor_);
    if (!session_.is_open() || !watch_->watch(PQsocket(session_.native()))) co_return lost();
    stats_.listens.set(1);
    reported_.clear();
    spdlog::info("listens to notifications of PostgreSQL; dropped the keys that earlier ones may have meant");
    co_return co_await drop_notified();
}

// Waits for notifications, or asks the server when it is silent.
asio::awaitable<notify_listener::outcome> notify_listener::follow() {
    const auto watch = watch_;
    watch->set_deadline(steady_clock::now() + longest_silence);
    const auto what = postgres::has_decrypted_input(session_.native()) ? postgres::readiness::now : postgres::readiness::read;
    const auto cause = co_await watch->wait(what);
    if (stopping_) co_return outcome{};
    if (cause == postgres::wake_cause::time_limit) {
        const auto alive = co_await session_.query("SELECT 1", steady_clock::now() + statement_limit);
        if (alive.has_error()) co_return alive.error();
    } else if (PQconsumeInput(session_.native()) == 0) {
        co_return lost();
    }
    co_return co_await drop_notified();
}

asio::awaitable<notify_listener::outcome> notify_listener::drop_notified() {
    invalidation what;
    take(what);
    if (what.is_empty()) co_return outcome{};
    what.compact();
    stats_.drops.add();
    auto done = co_await shard_.drop(what, whole_drop::by_registry);
    if (done.has_error()) stats_.failures.add();  // begin() makes up for it
    co_return done;
}

void notify_listener::take(invalidation& what) {
    while (const notify_ptr told{session_.is_open() ? PQnotifies(session_.native()) : nullptr}) {
        stats_.notifications.add();
        if (rules_.on_notification(told->relname, told->extra, what)) continue;
        stats_.not_understood.add();
        if (log_.allows(steady_clock::now()))
            spdlog::warn("a notification on '{}' is not understood: '{}' has not the form of its rule's payload, or is no mapped key{}",
                         conf::printable(told->relname, 64), conf::printable(told->extra, 64), log_.suffix());
    }
}

failure notify_listener::lost() const {
    if (!session_.is_open()) return {make_error_code(errc::connection_lost), "the connection was closed", {}};
    return postgres::connection_failure(errc::connection_lost, session_.native());
}

void notify_listener::report(const std::string& problem) {
    if (problem == reported_) return;
    reported_ = problem;
    spdlog::warn("does not listen to notifications of PostgreSQL: {}; until it does, keys live as long as their ttl says", problem);
}

}  // namespace respgres::proxy
