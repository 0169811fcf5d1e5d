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

void pool::implementation::slot_ended(pool_slot& slot) {
    std::erase(idle_, &slot);
    if (auto* job = std::exchange(slot.job, nullptr)) complete(*job, make_failure(errc::connection_lost));
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
        if (auto* job = std::exchange(slot->job, nullptr)) complete(*job, make_failure(errc::cancelled, "the pool is closed"));
        if (slot->current) slot->current->wire().close();
    }
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
    stats_.connections.add();
    if (stats_.connections.get() == 1) report(pool_event::connected, {});
    while (!stopping_ && wire.is_open()) {
        idle_.push_back(&slot);
        dispatch();
        if (slot.job == nullptr) {
            co_await wire.wait_idle();
            std::erase(idle_, &slot);   // still there when it was not a job that woke it up
        }
        if (slot.job != nullptr) co_await run_job(slot);
    }
    stats_.connections.add(-1);
    if (!stopping_) report(pool_event::connection_broken, wire.lost().detail);
    slot.current.reset();
}

asio::awaitable<void> pool::implementation::run_job(pool_slot& slot) {
    auto& job = *slot.job;
    outcome<void> result = make_failure(errc::connection_lost);
    bool touched = false;
    const bool is_sent = slot.current->wire().is_open() && !stopping_;
    if (std::chrono::steady_clock::now() >= job.deadline) {
        result = make_failure(errc::timed_out, "the time limit passed before the query was sent");
    } else if (is_sent) {
        slot.is_running = true;
        co_await run_on(*slot.current, job, touched, result);
        slot.is_running = false;
    }
    if (std::exchange(slot.job, nullptr) == nullptr) co_return;   // abandoned: `job` is gone
    const bool is_lost = result.has_error() && result.error().code == errc::connection_lost;
    if (stopping_ && is_lost) result = make_failure(errc::cancelled, "the pool is closed");
    const bool run_again = is_lost && !stopping_ && !touched && !job.is_retried;   // reads may be run twice
    if (!run_again) co_return complete(job, std::move(result));
    job.is_retried = is_sent;
    waiting_.push_front(&job);   // where it was
    dispatch();
    if (!waiting_.empty()) look_after_waiting(job.deadline);
}

asio::awaitable<void> pool::implementation::run_on(connection& current, pool_job& job, bool& touched, outcome<void>& result) {
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
            result = co_await current.run(job.what, job.parameters, *job.rows, touched, job.deadline);
        }
    } catch (const std::exception& error) {   // a sink without memory, for instance: the connection stands in the middle of a result
        current.wire().close();
        result = make_failure(errc::protocol_error, std::string("the result could not be taken: ") + error.what());
    }
    stats_.in_flight.add(-1);
}

void pool::implementation::report(pool_event what, const std::string& words) {
    if (report_) report_(what, words);
}

}  // namespace respgres::postgres
