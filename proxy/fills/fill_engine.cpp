#include "proxy/fills/fill_engine.hpp"

#include "backends/net/as_values.hpp"
#include "proxy/fills/fill_policy.hpp"
#include "proxy/fills/lease_scripts.hpp"
#include "proxy/fills/lease_token.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/fills/store_payload.hpp"
#include "proxy/invalidations/mapped_key.hpp"
#include "proxy/plants.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A lease outlives the longest fill by this, so that a slow store is not refused; a proxy that dies holds up the others for no longer than the lease.
constexpr milliseconds lease_margin{1'000};
constexpr milliseconds longest_poll{16};

}  // namespace

struct fill_engine::waiting {
    fill_waiter* who;
    steady_clock::time_point since;
    need what;
};

struct fill_engine::flight {
    flight(const mapping& filled_by, std::string_view filled, const captures& found, purpose why)
        : source(filled_by),
          key(filled),
          lease(lease_name(filled)),
          tombstone(tombstone_name(filled)),
          refreshing(why == purpose::refresh),
          uncached(why == purpose::uncached) {
        for (const std::size_t index : filled_by.parameters) parameters.emplace_back(found.values[index]);
    }

    const mapping& source;
    std::string key;
    std::string lease;
    std::string tombstone;
    std::string token;
    std::vector<std::string> parameters;
    std::vector<waiting> waiters;
    steady_clock::time_point queried{};  // when it, or Redis, was asked; what was acknowledged before it is in the answer
    bool refreshing;
    bool uncached;
    std::optional<watermark> mark;  // read behind the lease
    std::string server;  // the PostgreSQL that ran the query
};

namespace {

// For a planted bug only.
asio::awaitable<void> register_late(redis::client& redis, std::string mapping, std::string key) {
    const std::string registry = registry_name(mapping);
    const redis::arguments words{"SADD", registry, key};
    static_cast<void>(co_await redis.call(words));
}

}  // namespace

fill_engine::fill_engine(asio::any_io_executor executor, redis::client& redis, postgres::pool& postgres, std::vector<mapping_stats>& stats,
                         std::string mark, const link_gates* gates)
    : executor_(executor),
      redis_(redis),
      queries_(executor, postgres, stats),
      stats_(stats),
      costs_(stats.size()),
      logs_(stats.size()),
      mark_(std::move(mark)),
      gates_(gates) {}

fill_engine::~fill_engine() = default;

mapping_stats& fill_engine::stats_of(const flight& f) const {
    return stats_[f.source.index];
}

std::chrono::nanoseconds fill_engine::usual_cost(const mapping& source) const {
    return costs_[source.index];
}

void fill_engine::join(const mapping& source, std::string_view key, const captures& found, fill_waiter& waiter, need what) {
    // No change would drop such a key.
    if (source.follows_changes && !is_canonical(source.pattern, found)) what = need::uncached;
    const bool uncached = what == need::uncached;
    flight_map& all = uncached ? uncached_flights_ : flights_;
    const auto under_way = all.find(std::string(key));
    const bool joins = under_way != all.end();
    const auto now = steady_clock::now();
    const flight_pointer f = joins ? under_way->second : start(source, key, found, uncached ? purpose::uncached : purpose::answer);
    if (joins) stats_of(*f).joined.add();
    f->waiters.push_back({&waiter, now, what});
}

void fill_engine::refresh(const mapping& source, std::string_view key, const captures& found) {
    if (flights_.contains(std::string(key))) return;
    stats_[source.index].refreshes.add();
    start(source, key, found, purpose::refresh);
}

fill_engine::flight_map& fill_engine::flights_like(const flight& f) {
    return f.uncached ? uncached_flights_ : flights_;
}

fill_engine::flight_pointer fill_engine::start(const mapping& source, std::string_view key, const captures& found, purpose why) {
    auto f = std::make_shared<flight>(source, key, found, why);
    flights_like(*f).emplace(f->key, f);
    auto done = [this, f](std::exception_ptr thrown) {
        if (!thrown) return;
        flights_like(*f).erase(f->key);  // nobody leads it any more: the next read must begin another
        spdlog::critical("a fill of mapping '{}' ended with an exception", f->source.settings.name);
        settle(*f, {fill_outcome::kind::failed, nullptr, {}, false, {make_error_code(errc::cancelled), "internal error", {}}});
    };
    asio::co_spawn(executor_, lead(f), std::move(done));
    return f;
}

asio::awaitable<void> fill_engine::lead(flight_pointer f) {
    // Once for those who asked in time, again for those who must not have the first answer.
    do {
        co_await fill_once(f);
        f->refreshing = false;
    } while (!f->waiters.empty());
    flights_like(*f).erase(f->key);
}

asio::awaitable<void> fill_engine::fill_once(flight_pointer f) {
    lease_state lease = lease_state::none;
    if (!f->uncached) lease = co_await get_lease(f);
    if (lease == lease_state::settled || (f->refreshing && lease == lease_state::none)) co_return;
    if (lease == lease_state::none) stats_of(*f).bypasses.add();

    auto filled = co_await query(f);
    fill_outcome result;
    if (filled.has_error()) {
        result.why = filled.error();
        settle(*f, result);
        if (lease == lease_state::granted) co_await give_lease_back(f);
        co_return;
    }
    result.how = fill_outcome::kind::answered;
    result.filled = std::make_shared<const value>(std::move(filled.value()));
    result.left = expiry_of(f->source.settings, f->key);
    if (lease == lease_state::none) co_return settle_in_time(*f, result, need::uncached);
    settle_in_time(*f, result, need::answer);
    result.stored = co_await store(f, *result.filled);
    if (result.stored)
        settle(*f, result);
    else
        settle_in_time(*f, result, need::stored);
}

// The script, and behind it the watermark: what is dropped because changes were missed is dropped after a watermark that says so is written, leases
// included. So a lease that was granted before a watermark that promises something either stands for a value that misses nothing, or is gone.
asio::awaitable<outcome<redis::reply>> fill_engine::ask_lease(flight_pointer f, std::string lease_ms) {
    const bool follows = f->source.follows_changes;
    const std::string registry = registry_name(f->source.settings.name);
    const bool registers = f->source.keeps_registry && !planted(plant::registry_after_lease);
    redis::arguments words{registers ? "4" : "3", f->key, f->lease, f->tombstone};
    if (registers) words.push_back(registry);
    words.insert(words.end(), {f->token, lease_ms, f->refreshing ? "0" : "1"});
    if (!follows) co_return co_await run_script(redis_, lease_scripts::acquire_script(), words);
    redis::arguments by_hash{"EVALSHA", lease_scripts::acquire_script().sha1};
    by_hash.insert(by_hash.end(), words.begin(), words.end());
    const redis::arguments get{"GET", mark_};
    const std::vector<redis::arguments> both{by_hash, get};
    auto asked = co_await redis_.call_all(both);
    if (asked.has_error()) co_return asked.error();
    redis::reply granted = std::move(asked.value()[0]);
    redis::reply mark = std::move(asked.value()[1]);
    if (redis::is_error(granted) && redis::text_of(*granted).starts_with("NOSCRIPT")) {
        auto again = co_await run_script(redis_, lease_scripts::acquire_script(), words);
        if (again.has_error()) co_return again.error();
        granted = std::move(again.value());
        auto read = co_await redis_.call(get);
        if (read.has_error()) co_return read.error();
        mark = std::move(read.value());
    }
    f->mark = mark->type == REDIS_REPLY_STRING ? parse_watermark(redis::text_of(*mark)) : std::nullopt;
    co_return granted;
}

// Whether a value that this flight's query gave may be stored: nothing is known to be missed, and PostgreSQL's history is that of the change stream (not that of
// a primary which another has replaced).
bool fill_engine::may_store(const flight& f) {
    if (!f.source.follows_changes || planted(plant::stores_while_rebuilding)) return true;
    return f.mark && !f.mark->is_rebuilding() && f.mark->server == f.server;
}

// Whether what Redis says now of a key that is absent is within the bound, as a value would have to be.
bool fill_engine::is_proved(const mapping& source) const {
    if (gates_ == nullptr || !source.follows_changes || planted(plant::gate_ignored)) return true;
    return source.settings.unproven == conf::unproven_read::serve || gates_->home().is_open(steady_clock::now(), source.bound);
}

// Asks for the lease until it is granted, or until it need not be: the value is there, or known to be absent (settled), or Redis cannot be asked, or
// another's fill takes longer than this mapping allows (none).
asio::awaitable<fill_engine::lease_state> fill_engine::get_lease(flight_pointer f) {
    using lease_scripts::acquired;
    const auto& mapping = f->source.settings;
    const auto deadline = steady_clock::now() + mapping.fill_timeout;
    const std::string lease_ms = std::to_string((mapping.fill_timeout + lease_margin).count());
    f->token = lease_token();
    asio::steady_timer timer(executor_);
    for (milliseconds pause{1};; pause = std::min(pause * 2, longest_poll)) {
        const bool proved = is_proved(f->source);
        const auto asked_at = steady_clock::now();
        auto asked = co_await ask_lease(f, lease_ms);
        if (asked.has_error() || asked.value()->type != REDIS_REPLY_INTEGER) co_return lease_state::none;
        fill_outcome known;
        switch (static_cast<acquired>(asked.value()->integer)) {
            case acquired::granted: co_return lease_state::granted;
            case acquired::present:
                known.how = fill_outcome::kind::present;
                settle(*f, known);
                co_return lease_state::settled;
            case acquired::absent:
                // The read's own proof may be of another connection, which can lead to another server while two believe to be the master.
                if (f->source.follows_changes && (!proved || !f->mark || f->mark->is_rebuilding() || f->mark->position < seen_))
                    co_return lease_state::none;
                stats_of(*f).negative_hits.add();
                known.how = fill_outcome::kind::answered;
                known.filled = std::make_shared<const value>(absent_value{});
                known.stored = true;
                f->queried = asked_at;
                settle_in_time(*f, known, need::stored);
                co_return lease_state::settled;
            case acquired::held: break;
        }
        if (f->refreshing && f->waiters.empty()) co_return lease_state::settled;  // another proxy refreshes it
        if (pause == milliseconds{1}) stats_of(*f).lease_waits.add();
        if (steady_clock::now() >= deadline) co_return lease_state::none;
        timer.expires_after(pause + std::chrono::microseconds(token_jitter(f->token) % 1000));
        co_await timer.async_wait(net::as_values);
    }
}

asio::awaitable<outcome<value>> fill_engine::query(flight_pointer f) {
    const auto& mapping = f->source.settings;
    mapping_stats& stats = stats_of(*f);
    key_query asked(f->source, f->parameters);
    co_await queries_.run(asked);
    f->queried = asked.queried;
    f->server = std::move(asked.server);
    const auto took = steady_clock::now() - asked.asked;
    stats.fill_latency.add(took);
    auto& cost = costs_[f->source.index];
    cost = cost.count() == 0 ? took : cost + (took - cost) / 8;
    auto& filled = asked.result;
    if (filled.has_value()) {
        stats.filled_bytes.add(size_of(filled.value()));
        co_return std::move(filled.value());
    }
    const failure& why = filled.error();
    if (why.code == errc::invalid_parameter && mapping.bad_capture == conf::bad_capture::nil) {
        stats.invalid_captures.add();
        co_return value(absent_value{});  // such a key cannot have a row
    }
    stats.fill_errors.add();
    if (why.code == errc::timed_out) stats.fill_timeouts.add();
    log_throttle& log = logs_[f->source.index];
    if (log.allows(steady_clock::now()))
        spdlog::warn("mapping '{}': fill failed: {}{}{}{}", mapping.name, why.code.message(), why.detail.empty() ? "" : ": ", why.detail,
                     log.suffix());
    co_return why;
}

asio::awaitable<bool> fill_engine::store(flight_pointer f, const value& filled) {
    const auto& mapping = f->source.settings;
    const bool absent = is_absent(filled);
    if (!may_store(*f)) {
        stats_of(*f).rejected_stores.add();
        co_await give_lease_back(f);
        co_return false;
    }
    if (planted(plant::registry_after_lease) && f->source.keeps_registry) co_await register_late(redis_, f->source.settings.name, f->key);
    if (absent && mapping.negative_ttl.count() == 0) {
        co_return co_await give_lease_back(f);  // nothing to store; true if nothing was invalidated
    }
    const auto elapsed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - f->queried);
    const auto expiry = (absent ? mapping.negative_ttl : expiry_of(mapping, f->key)) - elapsed;
    const std::string ttl_ms = std::to_string(std::max<milliseconds::rep>(1, expiry.count()));
    std::vector<std::string> numbers;
    const auto payload = store_payload(filled, numbers);
    redis::arguments words{"3", f->key, f->lease, f->tombstone, f->token, ttl_ms, f->source.redis_is_primary() ? "keep" : "replace"};
    words.insert(words.end(), payload.begin(), payload.end());
    auto stored = co_await run_script(redis_, lease_scripts::commit_script(), words);
    const bool ok = stored.has_value() && stored.value()->type == REDIS_REPLY_INTEGER && stored.value()->integer == 1;
    if (ok) co_return true;
    stats_of(*f).rejected_stores.add();
    log_throttle& log = logs_[f->source.index];
    if (stored.has_value() && redis::is_error(stored.value()) && log.allows(steady_clock::now()))
        spdlog::warn("mapping '{}': Redis refused to store a fill: {}{}", mapping.name, redis::text_of(*stored.value()), log.suffix());
    co_return false;
}

// False if the lease was gone: the key was invalidated meanwhile.
asio::awaitable<bool> fill_engine::give_lease_back(flight_pointer f) {
    const redis::arguments words{"1", f->lease, f->token};
    auto given = co_await run_script(redis_, lease_scripts::release_script(), words);
    co_return given.has_value() && given.value()->type == REDIS_REPLY_INTEGER&& given.value()->integer == 1;
}

// Answers all who wait.
void fill_engine::settle(flight& f, const fill_outcome& outcome) {
    const auto waiters = std::exchange(f.waiters, {});
    for (const waiting& w : waiters) w.who->on_filled(outcome);
}

// Whether the query was sent before the waiter asked.
bool fill_engine::asked_late(const waiting& w, const flight& f) {
    return w.since > f.queried && !planted(plant::joiner_rule_dropped);
}

// Answers those who asked before the query was sent, whose needs go no further than `up_to`: whatever they may have seen committed is in
// its snapshot. The others wait until it is known whether the value could be stored, or for the next query.
void fill_engine::settle_in_time(flight& f, const fill_outcome& outcome, need up_to) {
    std::vector<waiting> answered;
    std::vector<waiting> kept;
    for (const waiting& w : f.waiters) (w.what > up_to || asked_late(w, f) ? kept : answered).push_back(w);
    f.waiters = std::move(kept);
    for (const waiting& w : answered) w.who->on_filled(outcome);
}

}  // namespace respgres::proxy
