#pragma once

#include "backends/connection_fsm.hpp"
#include "backends/postgres/cancel_request.hpp"
#include "backends/postgres/connection.hpp"
#include "backends/postgres/connection_chooser.hpp"
#include "backends/postgres/pipeline.hpp"
#include "backends/postgres/pool.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "backends/postgres/statement_costs.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace respgres::postgres {

using backends::connection_fsm;

// What a caller of the pool waits for. Lives in the caller's coroutine; the pool forgets it before it completes it.
struct pool_job : piped_query {
    using piped_query::piped_query;

    std::optional<description> described;   // asked for if there is no sink
    bool is_retried = false;
    bool runs_alone = false;                       // whatever is known of its statement
    outcome<void> result = outcome<void>{};

    boost::asio::any_completion_handler<void()> done;
    boost::asio::cancellation_slot cancelled_by;   // of the caller's coroutine
};

// One of the pool's connections over its lives.
struct pool_slot {
    pool_slot(connection_fsm::settings limits, boost::asio::any_io_executor executor) : fsm(limits), rest_timer(std::move(executor)) {}

    connection_load load() const;

    connection_fsm fsm;
    boost::asio::steady_timer rest_timer;
    std::unique_ptr<connection> current;           // while opening and serving
    std::unique_ptr<pipeline> piped;               // on `current`, while serving
    bool is_idle = false;
    std::uint64_t used = 0;                        // the larger, the later it was used
    pool_job* job = nullptr;                       // that it was given, or runs, alone
    bool is_running = false;                       // the job is being run
};

// The slots, the queue in front of them, and who gets what. Each slot is driven by a coroutine of its own, so that a caller that is cancelled
// leaves the slot the time to cancel the query and to tidy up the connection.
class pool::implementation : public std::enable_shared_from_this<pool::implementation> {
public:
    using time_point = piped_query::time_point;

    implementation(boost::asio::any_io_executor executor, pool_settings settings);

    void on_event(pool_event_handler handler) { report_ = std::move(handler); }
    void start();
    boost::asio::awaitable<void> stop();
    // For a pool that goes without stop(): completes every caller and closes every connection at once; nothing of a caller's is touched after.
    void abandon();

    // Runs `job` (its result is in there then). Cancelling it makes the job end early; it is awaited all the same.
    boost::asio::awaitable<void> submit(pool_job& job);

    bool is_connected() const { return stats_.connections.get() > 0; }
    const pool_stats& stats() const { return stats_; }
    const pool_settings& settings() const { return settings_; }

private:
    struct submission;
    struct stop_waiting;

    void enqueue(pool_job& job);
    void dispatch();
    void offer_connections();
    std::optional<std::size_t> connection_for(const pool_job& job);
    bool may_share(const pool_job& job) const;
    void give(pool_job& job, pool_slot& slot);
    void send(pool_job& job, pool_slot& slot);
    void requeue(pool_job& job);
    void cancel(pool_job& job);
    void complete(pool_job& job, outcome<void> result);
    void count(const pool_job& job, const outcome<void>& result);
    void expire_waiting();
    void look_after_waiting(time_point deadline);
    failure waited_in_vain() const;

    boost::asio::awaitable<void> drive(pool_slot& slot);
    boost::asio::awaitable<connection_fsm::event> open(pool_slot& slot, time_point limit);
    boost::asio::awaitable<void> serve(pool_slot& slot);
    boost::asio::awaitable<void> run_job(pool_slot& slot);
    boost::asio::awaitable<void> run_on(connection& current, pool_job& job, outcome<void>& result);
    bool may_share_now(const pool_slot& slot) const;
    void start_pipeline(pool_slot& slot);
    void piped_ended(pool_slot& slot, const pipeline_order::ending& ended);
    void slot_ended(pool_slot& slot);
    void complete_all_of(pool_slot& slot, const failure& why);
    void report(pool_event what, const std::string& words);

    boost::asio::any_io_executor executor_;
    pool_settings settings_;
    pool_event_handler report_;
    pool_stats stats_;
    cancel_sender cancels_;
    outcome<connect_parameters> parameters_;
    std::minstd_rand random_{std::random_device{}()};

    std::vector<std::unique_ptr<pool_slot>> slots_;
    connection_chooser chooser_;
    std::uint64_t uses_ = 0;
    statement_costs costs_;
    std::deque<pool_job*> waiting_;
    boost::asio::steady_timer waiting_timer_;
    time_point looks_at_ = time_point::max();  // when the timer will look at the waiting; max = it is not set
    std::optional<failure> connect_failure_;  // the last one since the last success

    bool stopping_ = false;
    std::size_t slots_running_ = 0;
    std::vector<boost::asio::any_completion_handler<void()>> stop_waiters_;
};

}  // namespace respgres::postgres
