#include "proxy/leader/stream_leader.hpp"

#include "backends/net/as_values.hpp"
#include "backends/postgres/replication/stream_problem.hpp"
#include "proxy/invalidations/freshness_problems.hpp"
#include "proxy/invalidations/read_table_facts.hpp"
#include "proxy/invalidations/server_facts.hpp"
#include "proxy/leader/leader_settings.hpp"
#include "proxy/plants.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using change_stream::lsn;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using namespace leader;

milliseconds with_jitter(milliseconds length) {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return length + milliseconds(std::uniform_int_distribution<int>(0, static_cast<int>(length.count() / 2))(generator));
}

// How long drops of each mapping may be put off.
std::vector<milliseconds> windows_of(const mapping_table& mappings) {
    std::vector<milliseconds> windows;
    for (const auto& each : mappings.all()) windows.push_back(each->coalesce());
    return windows;
}

}  // namespace

stream_leader::stream_leader(asio::any_io_executor executor, net::poller& poller, const conf::settings& settings,
                             redis::link_settings redis, const mapping_table& mappings, freshness_news& news, prune_schedule::pace prunes)
    : executor_(executor),
      settings_(settings),
      mappings_(mappings),
      news_(news),
      lock_(executor, session_for(settings, "respgres lock", true)),
      session_(executor, session_for(settings, "respgres leader", true)),
      stream_(executor, stream_for(settings)),
      shard_(executor, poller, std::move(redis), watermark_name(settings.freshness.slot.value), mappings),
      applied_(settings.freshness.hold, windows_of(mappings)),
      pace_(pace),
      registered_(registered(mappings)),
      prunes_(registered_.size(), prunes),
      timer_(executor),
      lock_timer_(executor) {}

asio::awaitable<void> stream_leader::run() {
    asio::co_spawn(executor_, keep_lock(), asio::detached);
    while (!stopping_) {
        co_await attempt();
        news_.leads.store(false, std::memory_order_relaxed);
        stream_.close();
        shard_.close();
        if (stopping_) break;
        co_await pause(with_jitter(std::min(try_period * (1 + failures_), longest_try_period)));
    }
}

void stream_leader::stop() {
    stopping_ = true;
    timer_.cancel();
    lock_timer_.cancel();
    lock_.close();
    stream_.close();
    session_.close();
    shard_.interrupt();
}

void stream_leader::tick(time_point now) {
    shard_.check_time_limit(now);
    // Also while a long deletion keeps us from reading. What is wrong with the stream, reading it will tell.
    if (stream_.is_streaming()) static_cast<void>(stream_.send_status(lsn{}, false));
    news_.clock.publish(clock_, now);
}

// One try: to connect, to become the leader or wait for it, and to lead until something breaks.
asio::awaitable<void> stream_leader::attempt() {
    redis_failed_ = false;
    auto done = co_await greet();
    if (done.has_value()) done = co_await stand_by();
    if (done.has_value() && !stopping_) done = co_await lead();
    if (done.has_error() && !stopping_) {
        ++failures_;
        report(problem_of(done.error()));
    }
    // The lock goes with its session: another may try, since it may reach what this one cannot.
    holds_lock_ = false;
    lock_.close();
    session_.close();
}

asio::awaitable<stream_leader::outcome> stream_leader::greet() {
    const auto opened = co_await session_.open(limit());
    if (opened.has_error()) co_return opened.error();
    const auto prepared = co_await postgres::prepare_fence(session_, limit());
    if (prepared.has_error()) co_return prepared.error();
    const auto locker = co_await lock_.open(limit());
    if (locker.has_error()) co_return locker.error();
    const std::string silence = "SET idle_session_timeout = " + std::to_string(longest_silence.count());
    const auto limited = co_await lock_.query(silence, limit());
    if (limited.has_error()) co_return limited.error();
    co_return co_await look_at_server();
}

// Whether the change stream can be had at all, and of which server it would be.
asio::awaitable<stream_leader::outcome> stream_leader::look_at_server() {
    auto facts =
        co_await postgres::read_slot_facts(session_, settings_.freshness.slot.value, settings_.freshness.publication.value, limit());
    if (facts.has_error()) co_return facts.error();
    facts_ = std::move(*facts);
    news_.set_server(facts_.server.in_recovery ? "" : server_name());
    if (facts_.server.in_recovery) co_return failed(errc::server_error, "it is a standby; the change stream needs the primary");
    if (!facts_.server.wal_is_logical)
        co_return failed(errc::server_error, "wal_level is not logical; ALTER SYSTEM SET wal_level = logical, and restart it");
    if (!facts_.publication)
        co_return failed(errc::server_error,
                         "there is no publication \"" + settings_.freshness.publication.value + "\"; `respgres setup --apply` makes it");
    co_return co_await take_fence();
}

asio::awaitable<backends::outcome<bool>> stream_leader::try_lock() {
    std::string sql = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
    std::vector<std::string> name{"respgres:" + settings_.freshness.slot.value};
    auto asked = co_await lock_.query(std::move(sql), std::move(name), limit());
    if (asked.has_error()) co_return asked.error();
    holds_lock_ = asked->at(0).at(0) == "t";
    co_return holds_lock_;
}

// The server ends the lock's session when it has been silent, so that a process that hangs loses the lock; one that is busy does not.
asio::awaitable<void> stream_leader::keep_lock() {
    while (!stopping_) {
        lock_timer_.expires_after(longest_silence / 4);
        co_await lock_timer_.async_wait(net::as_values);
        if (!holds_lock_) continue;
        const auto heard = co_await lock_.query("SELECT 1", limit());
        if (heard.has_error()) holds_lock_ = false;
    }
}

// Until this process may lead. The clock is measured meanwhile.
asio::awaitable<stream_leader::outcome> stream_leader::stand_by() {
    while (!stopping_) {
        const auto locked = co_await try_lock();
        if (locked.has_error()) co_return locked.error();
        failures_ = 0;
        if (*locked) co_return outcome{};
        report({});
        co_await pause(with_jitter(try_period));
        const auto fenced = co_await take_fence();
        if (fenced.has_error()) co_return fenced;
        co_await learn_facts();
    }
    co_return outcome{};
}

asio::awaitable<stream_leader::outcome> stream_leader::lead() {
    auto done = co_await look_at_server();   // the leader before us may have changed it
    if (done.has_value()) done = co_await read_rules();
    if (done.has_error()) co_return done;
    redis_failed_ = true;
    done = co_await shard_.attach(limit());
    if (done.has_error()) co_return done;
    redis_failed_ = false;
    done = co_await begin();
    if (done.has_error()) co_return done;
    news_.counted.terms.add();
    news_.leads.store(true, std::memory_order_relaxed);
    spdlog::info("leads: follows slot \"{}\" from {}", settings_.freshness.slot.value, to_string(stream_.position()));
    report({});
    co_return co_await follow();
}

// What the queries read, asked of PostgreSQL each time: tables come and go.
asio::awaitable<stream_leader::outcome> stream_leader::read_rules() {
    postgres::session aside(executor_, session_for(settings_, "respgres facts", false));
    const auto opened = co_await aside.open(limit());
    if (opened.has_error()) co_return opened.error();
    co_return co_await ask_rules(aside);
}

asio::awaitable<stream_leader::outcome> stream_leader::ask_rules(postgres::session& aside) {
    auto facts = co_await read_table_facts(aside, settings_, mappings_, steady_clock::now() + slot_limit);
    if (facts.has_error()) co_return facts.error();
    auto server = co_await read_server_facts(aside, settings_.freshness, limit());
    if (server.has_error()) co_return server.error();
    auto tables = std::make_shared<const table_facts>(std::move(*facts));
    news_.set_facts(tables);
    co_return adopt(*tables, *server);
}

// For explaining, when PostgreSQL was away at the start and another process leads. What fails is tried again.
asio::awaitable<void> stream_leader::learn_facts() {
    const auto now = steady_clock::now();
    if (news_.facts() != nullptr || now - facts_asked_ < facts_period) co_return;
    facts_asked_ = now;
    postgres::session aside(executor_, session_for(settings_, "respgres facts", false));
    const auto opened = co_await aside.open(limit());
    if (opened.has_error()) co_return;
    auto facts = co_await read_table_facts(aside, settings_, mappings_, limit());
    if (facts.has_value()) news_.set_facts(std::make_shared<const table_facts>(std::move(*facts)));
}

stream_leader::outcome stream_leader::adopt(const table_facts& tables, const server_facts& server) {
    const auto problems = mapping_problems(mappings_, tables, server);
    if (!problems.found.empty()) return failed(errc::server_error, problems.found.front().message);  // a table was altered since the start
    rules_ = invalidation_rules::build(mappings_, tables);
    rules_read_ = steady_clock::now();
    return {};
}

// Goes on where the watermark says that the leader before ended, if PostgreSQL still has what came since; else begins anew.
asio::awaitable<stream_leader::outcome> stream_leader::begin() {
    const auto opened = co_await stream_.open(limit());
    if (opened.has_error()) co_return opened.error();
    const auto& mark = shard_.mark();
    if (mark && same_system(mark->server, server_name()) && timeline_of(mark->server).value_or(0) > facts_.server.timeline)
        co_return failed(errc::server_error,
                         "it is a primary of old: the keys in Redis are of a later timeline; point [postgres] url at the primary");
    const auto& slot = facts_.slot;
    const bool slot_is_good = slot && slot->plugin == "pgoutput" && slot->database == facts_.server.database &&
                              slot->wal_status != "lost" && slot->confirmed.has_value();
    // Below the position that the slot has confirmed the server would begin there without a word.
    const bool goes_on =
        slot_is_good && mark && !mark->is_rebuilding() && mark->server == server_name() && mark->position >= *slot->confirmed;
    if (!goes_on) co_return co_await rebuild();
    const lsn from = planted(plant::no_replay) ? std::max(mark->position, applied_.received()) : mark->position;
    applied_.restart(from);
    co_return co_await stream_.start(from, limit());
}

asio::awaitable<stream_leader::outcome> stream_leader::follow() {
    next_tick_ = steady_clock::now();
    look_again_ = look_again;
    rules_are_old_ = false;
    has_more_ = false;
    prunes_.restart();
    pace_.restart();
    while (!stopping_) {
        const auto taken = co_await take_some();
        if (taken.has_error()) co_return taken;
        const auto applied = co_await apply();
        if (applied.has_error()) co_return applied;
        const auto pruned = co_await prune();
        if (pruned.has_error()) co_return pruned;
        if (!holds_lock_) co_return failed(errc::connection_lost, "the session that holds the leader's lock was ended");
    }
    co_return outcome{};
}

// Waits for what comes, or for the next step that is due.
asio::awaitable<stream_leader::outcome> stream_leader::take_some() {
    const auto gathers_until = has_more_ ? std::nullopt : pace_.next_look();
    if (gathers_until)
        co_await stream_.rest(*gathers_until);
    else
        co_await stream_.wait(next_step());
    taken_.clear();
    const auto looked = steady_clock::now();
    const auto more = stream_.take(taken_, transactions_at_once);
    if (more.has_error()) co_return more.error();
    has_more_ = *more;
    pace_.on_look(taken_.size(), looked);
    for (const auto& each : taken_) take_in(each);
    applied_.on_received(stream_.position());
    co_return outcome{};
}

// One step, while nothing that has come waits to be dropped.
asio::awaitable<stream_leader::outcome> stream_leader::prune() {
    const auto step = applied_.needs_fence() ? std::nullopt : prunes_.due(steady_clock::now());
    if (!step) co_return outcome{};
    redis_failed_ = true;
    auto next = co_await shard_.prune_some(*registered_[step->registry], step->cursor);
    if (next.has_error()) co_return next.error();
    redis_failed_ = false;
    prunes_.on_step(std::move(*next), steady_clock::now());
    co_return outcome{};
}

stream_leader::time_point stream_leader::next_step() const {
    auto next = std::min(next_tick_, applied_.next_due().value_or(next_tick_));
    if (applied_.has_promise()) next = std::min(next, promise_due(!applied_.needs_fence()));
    return applied_.needs_fence() ? std::min(next, steady_clock::now() + look_again_) : next;
}

// Not while something waits to be dropped, as long as that can be helped.
stream_leader::time_point stream_leader::promise_due(bool is_idle) const {
    return next_promise_ + (is_idle ? milliseconds(0) : promise_patience);
}

// Once a transaction has changed a definition, what comes behind it may concern other keys than the rules say, until they are read again: that can be done when the
// transaction is visible. Meanwhile each change concerns all keys.
void stream_leader::take_in(const change_stream::transaction& each) {
    invalidation what;
    rules_.affected(each, what);
    if (rules_are_old_)
        for (const auto& source : mappings_.all())
            if (source->follows_changes) what.add_wide(source->index);
    rules_are_old_ = rules_are_old_ || what.facts_are_old;
    if (what.is_empty()) return;
    look_again_ = look_again;
    news_.counted.transactions.add();
    news_.counted.rows.add(each.changes.size());
    applied_.add(each.xid, each.commit_lsn, std::move(what));
}

// Drops what has become visible, and promises what can be promised.
asio::awaitable<stream_leader::outcome> stream_leader::apply() {
    const bool is_due = steady_clock::now() >= next_tick_;
    ready_.clear();
    if (is_due || applied_.needs_fence()) {
        const auto fenced = co_await take_fence();
        if (fenced.has_error()) co_return fenced;
    }
    applied_.release_due(steady_clock::now(), ready_);
    if (planted(plant::mark_before_drop)) {
        applied_.on_applied();
        const auto early = co_await advance();
        if (early.has_error()) co_return early;
        co_await pause(milliseconds(20));
    }
    if (!ready_.is_empty()) {
        ready_.compact();
        redis_failed_ = true;
        const auto dropped = co_await shard_.drop(ready_);
        if (dropped.has_error()) co_return dropped;
        redis_failed_ = false;
        news_.counted.invalidated_keys.add(ready_.keys.size());
        news_.counted.wide.add(ready_.wide.size());
    }
    if (rules_are_old_ && !applied_.waits_for_definitions() && steady_clock::now() - rules_read_ >= rules_period) {
        const auto read = co_await read_rules();
        if (read.has_error()) co_return read;
        rules_are_old_ = false;
    }
    applied_.on_applied();
    if (is_due || steady_clock::now() >= promise_due(taken_.empty() && !applied_.needs_fence())) {
        const auto advanced = co_await advance();
        if (advanced.has_error()) co_return advanced;
    }
    if (!is_due) co_return outcome{};
    next_tick_ = steady_clock::now() + period;
    const auto told = stream_.send_status(applied_.forgettable(steady_clock::now()), true);
    if (told.has_error()) co_return told.error();
    co_return co_await keep_flushed();
}

// Also outside of a term, for the clock and the server's identity.
asio::awaitable<stream_leader::outcome> stream_leader::take_fence() {
    const auto asked = steady_clock::now();
    const auto fence = co_await postgres::take_fence(session_, limit());
    const auto answered = steady_clock::now();
    if (fence.has_error()) co_return fence.error();
    clock_.add(asked, fence->taken, answered);
    news_.clock.publish(clock_, answered);
    if (fence->timeline != facts_.server.timeline) co_return failed(errc::server_error, "its timeline has changed");
    if (!news_.leads.load(std::memory_order_relaxed)) co_return outcome{};
    news_.counted.fences.add();
    news_.counted.coalesced.add(applied_.on_fence(fence->seen, fence->inserted, fence->taken, asked, ready_));
    news_.counted.held_back.add(applied_.waiting());
    look_again_ = std::min(look_again_ * 2, look_again_at_last);
    co_return outcome{};
}

asio::awaitable<stream_leader::outcome> stream_leader::advance() {
    const auto next = applied_.promise();
    if (!next) co_return outcome{};
    watermark mark{server_name(), shard_.mark()->incarnation, next->position, next->time};
    redis_failed_ = true;
    const auto written = co_await shard_.write(std::move(mark));
    if (written.has_error()) co_return written;
    redis_failed_ = false;
    const auto now = steady_clock::now();
    next_promise_ = now + promise_period;
    applied_.on_promised(next->position, now);
    co_return outcome{};
}

// What a server that has nothing to do has written behind the last commit it does not send before somebody commits.
asio::awaitable<stream_leader::outcome> stream_leader::keep_flushed() {
    const auto now = steady_clock::now();
    const auto waits = applied_.waits_since();
    if (!waits || now - *waits < flush_after || now - flushed_ < flush_period) co_return outcome{};
    flushed_ = now;
    co_return co_await postgres::force_flush(session_, limit());
}

asio::awaitable<void> stream_leader::pause(milliseconds length) {
    timer_.expires_after(length);
    co_await timer_.async_wait(net::as_values);
}

std::string stream_leader::server_name() const {
    char text[48];
    std::snprintf(text, sizeof text, "%llu.%08X", static_cast<unsigned long long>(facts_.server.system_identifier), facts_.server.timeline);
    return text;
}

std::string stream_leader::problem_of(const failure& why) const {
    if (redis_failed_) return "Redis at " + conf::to_string(settings_.redis.address) + ": " + why.detail;
    const postgres::stream_names names{settings_.freshness.slot.value, settings_.freshness.publication.value, facts_.server.role};
    return "PostgreSQL: " + postgres::problem_of(why, names).sentence;
}

// One line for each problem, not for each attempt.
void stream_leader::report(std::string problem) {
    if (problem == reported_) return;
    if (problem.empty())
        spdlog::info("the change stream is followed again");
    else
        spdlog::warn("the change stream cannot be followed: {}; reads are answered from PostgreSQL as soon as their bound has passed",
                     problem);
    news_.set_problem(problem);
    reported_ = std::move(problem);
}

stream_leader::time_point stream_leader::limit() const {
    return steady_clock::now() + statement_limit;
}

}  // namespace respgres::proxy
