// The part of pool::implementation that takes jobs in and gives results out.
#include "backends/postgres/failures.hpp"
#include "backends/postgres/pool_implementation.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

// When the oldest that waits finds no place, so many of those behind it are tried.
constexpr std::size_t most_passed_over = 64;

}  // namespace

// The start of submit()'s one operation: keeps the handler, and listens to the caller's cancellation.
struct pool::implementation::submission {
    implementation* pool;
    pool_job* job;

    template <class Handler>
    void operator()(Handler handler) const {
        job->cancelled_by = asio::get_associated_cancellation_slot(handler);
        // Not `=`: in Boost 1.81 any_completion_handler's move assignment calls itself without end.
        asio::any_completion_handler<void()>(std::move(handler)).swap(job->done);
        if (job->cancelled_by.is_connected())
            job->cancelled_by.assign([pool = pool, job = job](asio::cancellation_type) { pool->cancel(*job); });
        pool->enqueue(*job);
    }
};

asio::awaitable<void> pool::implementation::submit(pool_job& job) {
    auto start = submission{this, &job};
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

void pool::implementation::enqueue(pool_job& job) {
    if (stopping_) return complete(job, make_failure(errc::cancelled, "the pool is closed"));
    waiting_.push_back(&job);
    dispatch();
    if (waiting_.empty() || waiting_.back() != &job) return;
    if (waiting_.size() <= settings_.max_waiting) return look_after_waiting(job.deadline);
    waiting_.pop_back();
    complete(job,
             make_failure(errc::too_many_waiting, std::to_string(waiting_.size()) + " queries wait for a PostgreSQL connection already"));
}

void pool::implementation::dispatch() {
    if (!waiting_.empty()) offer_connections();
    stats_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
}

void pool::implementation::offer_connections() {
    for (std::size_t i = 0; i < slots_.size(); ++i) chooser_.set(i, slots_[i]->load());
    chooser_.begin();
    auto at = waiting_.begin();
    for (std::size_t passed_over = 0; at != waiting_.end() && passed_over < most_passed_over && chooser_.has_room();) {
        const auto found = connection_for(**at);
        if (!found) {
            ++at;
            ++passed_over;
            continue;
        }
        pool_job& job = **at;
        at = waiting_.erase(at);
        give(job, *slots_[*found]);
        chooser_.set(*found, slots_[*found]->load());
    }
}

std::optional<std::size_t> pool::implementation::connection_for(const pool_job& job) {
    return chooser_.choose(may_share(job), [&](std::size_t i) { return slots_[i]->current->is_prepared(job.what); });
}

bool pool::implementation::may_share(const pool_job& job) const {
    return settings_.pipeline_depth > 1 && job.rows != nullptr && !job.runs_alone && costs_.is_quick(job.what.name);
}

// An idle connection is looked at first, whether it still lives: its coroutine goes on from here. A query that joins others is sent at once.
void pool::implementation::give(pool_job& job, pool_slot& slot) {
    if (!std::exchange(slot.is_idle, false)) return send(job, slot);
    slot.job = &job;
    slot.current->wire().wake();
}

void pool::implementation::send(pool_job& job, pool_slot& slot) {
    outcome<void> sent = too_late_to_send();
    if (std::chrono::steady_clock::now() < job.deadline) sent = slot.piped->send(job);
    if (sent.has_error()) complete(job, std::move(sent));
}

// To where it was.
void pool::implementation::requeue(pool_job& job) {
    waiting_.push_front(&job);
    look_after_waiting(job.deadline);
}

void pool::implementation::cancel(pool_job& job) {
    if (const auto found = std::find(waiting_.begin(), waiting_.end(), &job); found != waiting_.end()) {
        waiting_.erase(found);
        stats_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
        return complete(job, make_failure(errc::cancelled));
    }
    for (const auto& slot : slots_) {
        if (slot->piped && slot->piped->give_up(job)) return;
        if (slot->job != &job) continue;
        if (slot->is_running) return slot->current->wire().give_up(errc::cancelled);
        slot->job = nullptr;  // given out, not begun
        return complete(job, make_failure(errc::cancelled));
    }
}

// Not before the caller has suspended, and never from within its own cancellation: hence the post. Callers run on the pool's executor.
void pool::implementation::complete(pool_job& job, outcome<void> result) {
    count(job, result);
    job.result = std::move(result);
    auto resume = [done = std::move(job.done), slot = job.cancelled_by]() mutable {
        slot.clear();
        std::move(done)();
    };
    asio::post(executor_, std::move(resume));
}

void pool::implementation::count(const pool_job& job, const outcome<void>& result) {
    if (job.rows == nullptr || result.has_value() || result.error().code == errc::cancelled) return;
    stats_.errors.add();
    if (result.error().code == errc::timed_out) stats_.timeouts.add();
}

// One timer for all that wait; it is set anew only when somebody with an earlier deadline comes.
void pool::implementation::look_after_waiting(time_point deadline) {
    if (looks_at_ <= deadline) return;
    looks_at_ = deadline;
    waiting_timer_.expires_at(deadline);
    waiting_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self) self->expire_waiting();
    });
}

void pool::implementation::expire_waiting() {
    looks_at_ = time_point::max();
    const auto now = std::chrono::steady_clock::now();
    const auto is_late = [now](const pool_job* job) { return job->deadline <= now; };
    std::vector<pool_job*> late;
    std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(late), is_late);
    std::erase_if(waiting_, is_late);
    for (auto* job : late) complete(*job, waited_in_vain());
    stats_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
    if (waiting_.empty()) return;
    const auto earlier = [](const pool_job* a, const pool_job* b) { return a->deadline < b->deadline; };
    look_after_waiting((*std::min_element(waiting_.begin(), waiting_.end(), earlier))->deadline);
}

failure pool::implementation::waited_in_vain() const {
    if (is_connected()) return make_failure(errc::timed_out, "no PostgreSQL connection became free within the time limit");
    if (!connect_failure_) return make_failure(errc::not_connected, "no connection to PostgreSQL was made within the time limit");
    auto last = *connect_failure_;
    last.code = errc::not_connected;
    return last;
}

}  // namespace respgres::postgres
