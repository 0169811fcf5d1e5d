// The part of pool::implementation that opens connections and runs jobs on them.
#include "backends/net/as_values.hpp"
#include "backends/postgres/failures.hpp"
#include "backends/postgres/pool_implementation.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

pool::implementation::implementation(asio::any_io_executor executor, pool_settings settings)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      parameters_(connect_parameters::parse(settings_)),
      chooser_(std::max(settings_.connections, 1u), settings_.pipeline_depth),
      costs_(settings_.quick_below),
      waiting_timer_(executor_) {
    const connection_fsm::settings limits{settings_.connect_timeout, settings_.reconnect_max};
    for (std::uint32_t i = 0; i < std::max(settings_.connections, 1u); ++i)
        slots_.push_back(std::make_unique<pool_slot>(limits, executor_));
}

void pool::implementation::start() {
    for (const auto& slot : slots_) {
        ++slots_running_;
        // What is thrown here (memory, mostly) takes the slot with it; stop() still works.
        auto ended = [self = shared_from_this(), slot = slot.get()](std::exception_ptr) { self->slot_ended(*slot); };
        asio::co_spawn(executor_, drive(*slot), std::move(ended));
    }
}

connection_load pool_slot::load() const {
    using state = connection_load::state;
    if (is_idle) return {state::idle, 0, used};
    return {piped && piped->takes_more() ? state::shared : state::busy, piped ? piped->in_flight() : 0, used};
}

void pool::implementation::slot_ended(pool_slot& slot) {
    slot.is_idle = false;
    complete_all_of(slot, make_failure(errc::connection_lost));
    slot.piped.reset();
    slot.current.reset();
    if (--slots_running_ > 0) return;
    for (auto& waiter : std::exchange(stop_waiters_, {})) asio::post(executor_, std::move(waiter));
}

struct pool::implementation::stop_waiting {
    implementation* pool;

    template <class Handler>
    void operator()(Handler handler) const {
        if (pool->slots_running_ == 0) return asio::post(pool->executor_, std::move(handler));
        pool->stop_waiters_.emplace_back(std::move(handler));
    }
};

asio::awaitable<void> pool::implementation::stop() {
    stopping_ = true;
    waiting_timer_.cancel();
    for (auto* job : std::exchange(waiting_, {})) complete(*job, make_failure(errc::cancelled, "the pool is closed"));
    stats_.waiting.set(0);
    for (const auto& slot : slots_) {
        slot->rest_timer.cancel();
        if (slot->piped) slot->piped->give_up_all();
        if (slot->current) slot->current->wire().give_up(errc::cancelled);   // wakes it up also if it is idle
    }
    auto wait = stop_waiting{this};
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(wait), asio::use_awaitable);
}

void pool::implementation::abandon() {
    stopping_ = true;
    waiting_timer_.cancel();
    for (auto* job : std::exchange(waiting_, {})) complete(*job, make_failure(errc::cancelled, "the pool is closed"));
    for (const auto& slot : slots_) {
        slot->rest_timer.cancel();
        complete_all_of(*slot, make_failure(errc::cancelled, "the pool is closed"));
        if (slot->current) slot->current->wire().close();
    }
}

void pool::implementation::complete_all_of(pool_slot& slot, const failure& why) {
    if (auto* job = std::exchange(slot.job, nullptr)) complete(*job, why);
    if (!slot.piped) return;
    for (auto* query : slot.piped->forget()) complete(static_cast<pool_job&>(*query), why);
}

asio::awaitable<void> pool::implementation::drive(pool_slot& slot) {
    std::uniform_real_distribution<double> chance(0.0, 1.0);
    auto event = connection_fsm::event::started;
    for (;;) {
        const auto next = slot.fsm.resume(event, stopping_, std::chrono::steady_clock::now(), chance(random_));
        if (const auto* open_by = std::get_if<connection_fsm::open>(&next)) {
            event = co_await open(slot, open_by->limit);
        } else if (std::holds_alternative<connection_fsm::serve>(next)) {
            co_await serve(slot);
            event = connection_fsm::event::broken;
        } else if (const auto* rest = std::get_if<connection_fsm::rest>(&next)) {
            slot.rest_timer.expires_at(rest->until);
            co_await slot.rest_timer.async_wait(net::as_values);
            event = connection_fsm::event::rested;
        } else {
            co_return;
        }
    }
}

asio::awaitable<connection_fsm::event> pool::implementation::open(pool_slot& slot, time_point limit) {
    outcome<void> opened;
    if (parameters_.has_error()) {
        opened = parameters_.error();
    } else {
        link_environment environment{executor_, cancels_, stats_, settings_.max_row_bytes, settings_.cancel_grace};
        slot.current = std::make_unique<connection>(std::move(environment));
        opened = co_await slot.current->wire().open(*parameters_, limit);
    }
    if (opened.has_value() && !settings_.question.empty()) co_await slot.current->ask(settings_.question, limit);
    if (opened.has_value()) {
        stats_.connects.add();
        connect_failure_.reset();
        co_return connection_fsm::event::connected;
    }
    slot.current.reset();
    if (stopping_) co_return connection_fsm::event::connect_failed;
    stats_.connect_failures.add();
    const bool is_first = !connect_failure_;
    connect_failure_ = opened.error();
    if (is_first) report(pool_event::connect_failed, connect_failure_->detail);
    co_return connection_fsm::event::connect_failed;
}

asio::awaitable<void> pool::implementation::serve(pool_slot& slot) {
    auto& wire = slot.current->wire();
    start_pipeline(slot);
    stats_.connections.add();
    if (stats_.connections.get() == 1) report(pool_event::connected, {});
    while (!stopping_ && wire.is_open()) {
        slot.is_idle = true;
        slot.used = ++uses_;
        dispatch();
        if (slot.is_idle) co_await wire.wait_idle();
        slot.is_idle = false;   // also when it was not a job that woke it up
        if (may_share_now(slot)) {
            send(*std::exchange(slot.job, nullptr), slot);
            dispatch();
            co_await slot.piped->run();
        } else if (slot.job != nullptr) {
            co_await run_job(slot);
        }
    }
    stats_.connections.add(-1);
    if (!stopping_) report(pool_event::connection_broken, wire.lost().detail);
    slot.piped.reset();
    slot.current.reset();
}

bool pool::implementation::may_share_now(const pool_slot& slot) const {
    const auto& current = *slot.current;
    return slot.job != nullptr && !stopping_ && current.wire().is_open() && may_share(*slot.job) && current.is_prepared(slot.job->what);
}

void pool::implementation::start_pipeline(pool_slot& slot) {
    pipeline_order::settings limits;
    limits.makes_way_after = settings_.makes_way_after;
    limits.cancel_grace = settings_.cancel_grace;
    limits.has_others = slots_.size() > 1;
    auto ended = [this, &slot](const pipeline_order::ending& query) { piped_ended(slot, query); };
    slot.piped = std::make_unique<pipeline>(*slot.current, stats_, limits, std::move(ended));
}

asio::awaitable<void> pool::implementation::run_job(pool_slot& slot) {
    auto& job = *slot.job;
    outcome<void> result = make_failure(errc::connection_lost);
    const bool is_sent = slot.current->wire().is_open() && !stopping_;
    if (std::chrono::steady_clock::now() >= job.deadline) {
        result = too_late_to_send();
    } else if (is_sent) {
        slot.is_running = true;
        co_await run_on(*slot.current, job, result);
        slot.is_running = false;
    }
    if (std::exchange(slot.job, nullptr) == nullptr) co_return;   // abandoned: `job` is gone
    const bool is_lost = result.has_error() && result.error().code == errc::connection_lost;
    if (stopping_ && is_lost) result = make_failure(errc::cancelled, "the pool is closed");
    const bool run_again = is_lost && !stopping_ && !job.touched && !job.is_retried;   // reads may be run twice
    if (!run_again) co_return complete(job, std::move(result));
    job.is_retried = is_sent;
    job.runs_alone = true;
    requeue(job);
    dispatch();
}

asio::awaitable<void> pool::implementation::run_on(connection& current, pool_job& job, outcome<void>& result) {
    stats_.in_flight.add();
    try {
        if (job.rows == nullptr) {
            auto described = co_await current.describe(job.what, job.deadline);
            if (described.has_error()) {
                result = described.error();
            } else {
                job.described = std::move(*described);
                result = outcome<void>{};
            }
        } else {
            stats_.queries.add();
            const auto ran = co_await current.run(job.what, job.parameters, *job.rows, job.touched, job.deadline);
            if (ran.has_error()) {
                if (ran.error().code == errc::timed_out) costs_.held_up(job.what.name, settings_.makes_way_after);
                result = ran.error();
            } else {
                costs_.ran(job.what.name, *ran);
                result = outcome<void>{};
            }
        }
    } catch (const std::exception& error) {   // a sink without memory, for instance: the connection stands in the middle of a result
        current.wire().close();
        result = make_failure(errc::protocol_error, std::string(not_taken) + error.what());
    }
    stats_.in_flight.add(-1);
}

void pool::implementation::piped_ended(pool_slot& slot, const pipeline_order::ending& ended) {
    using end = pipeline_order::end;
    auto& job = static_cast<pool_job&>(*ended.query);
    const bool was_stopped = (ended.how == end::runs_alone || ended.how == end::failed) && ended.took >= settings_.makes_way_after;
    if (ended.how == end::answered) costs_.ran(job.what.name, ended.took);
    if (was_stopped) costs_.held_up(job.what.name, ended.took);
    if (was_stopped && ended.how == end::runs_alone) stats_.made_way.add();
    if (is_stale(ended.why)) slot.current->forget(job.what);
    if (ended.how == end::answered) {
        complete(job, outcome<void>{});
    } else if (ended.how == end::failed || (ended.how == end::lost && job.is_retried && !stopping_)) {
        complete(job, ended.why);
    } else if (stopping_) {
        complete(job, make_failure(errc::cancelled, "the pool is closed"));
    } else {
        // Alone also what was lost: it may be what the connection broke of, and others may have broken that do not know it yet.
        if (ended.how != end::moves) job.runs_alone = true;
        if (ended.how == end::lost) job.is_retried = true;
        requeue(job);
    }
    dispatch();
}

void pool::implementation::report(pool_event what, const std::string& words) {
    if (report_) report_(what, words);
}

}  // namespace respgres::postgres
