#pragma once

#include "backends/postgres/connection.hpp"
#include "backends/postgres/pipeline_order.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "backends/postgres/result_readers.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace respgres::postgres {

// Several queries at once on one connection, in libpq's pipeline mode; pipeline_order says what becomes of each. The connection is in that mode from
// the first send() to the end of run(), and otherwise free for exchanges.
//
// Not thread-safe. Must outlive run().
class pipeline {
public:
    // Called for each query that is done with here, once; nothing of the query is touched after. It may send() the next.
    using end_handler = std::function<void(const pipeline_order::ending&)>;

    pipeline(connection& on, pool_stats& stats, pipeline_order::settings limits, end_handler ended);

    // The statement must be prepared on the connection, the query must live until its end is told. On an empty pipeline only before run() is called; else if
    // takes_more(). Errors: those of connection::send(); then its end is not told.
    outcome<void> send(piped_query& query);

    bool is_empty() const { return order_.is_empty(); }
    bool takes_more() const { return !order_.is_empty() && order_.takes_more(); }
    std::size_t in_flight() const { return order_.size(); }

    // Until all have ended and the connection is free again, or closed. Not to be cancelled: give_up().
    boost::asio::awaitable<void> run();

    // The query's caller gave up. A follower's end is told before this returns. False: it is not here.
    bool give_up(const piped_query& query);
    // All callers gave up.
    void give_up_all();
    // Nobody's end is told any more: the names of those that wait.
    std::vector<piped_query*> forget() { return order_.forget(); }

private:
    using time_point = pipeline_order::time_point;

    void read_results();
    void take(const PGresult& result);
    void hand_over(const PGresult& result);
    void next_head();
    void act();
    void lose();
    void tell(const pipeline_order::ending& ended);

    connection& on_;
    link& wire_;
    pool_stats& stats_;
    std::chrono::milliseconds cancel_grace_;
    pipeline_order order_;
    end_handler ended_;
    std::optional<row_streamer> reader_;  // of the head, once its first row has come
    std::optional<time_point> waits_until_;  // while run() waits
    bool cancel_waits_ = false;  // until the one that is on its way has been dealt with
};

}  // namespace respgres::postgres
