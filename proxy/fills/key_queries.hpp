#pragma once

#include "backends/postgres/pool.hpp"
#include "proxy/fills/batch_form.hpp"
#include "proxy/fills/batch_planner.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/metrics/mapping_stats.hpp"
#include "proxy/values/value.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// What is asked of PostgreSQL for one key, and its answer.
struct key_query {
    key_query(const mapping& of, std::span<const std::string> bound) : source(of), parameters(bound.begin(), bound.end()) {}
    key_query(const key_query&) = delete;
    key_query& operator=(const key_query&) = delete;

    const mapping& source;
    std::vector<std::string_view> parameters;

    std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point queried = asked;  // not after the query was sent: what was acknowledged before is in its snapshot
    std::string server;  // the PostgreSQL that answered
    bool is_settled = false;  // the result stands, although the query for it and others failed
    backends::outcome<value> result = value(absent_value{});
    boost::asio::any_completion_handler<void()> done;  // of key_queries
};

// Runs the queries of missing keys: those of one mapping that are missing at the same time leave as one (batch_planner says when), if the mapping allows it. Its
// form is asked for when two keys are first there together; until it is known, and if PostgreSQL does not take it, each key has a query of its own.
//
// A batch that fails for a reason that one of its keys may be is run again for each key, so only the culprit gets the error. A batch has a
// quarter of fill_timeout, a key alone all of it.
//
// Not thread-safe: one per worker. Must outlive the queries.
class key_queries {
public:
    // `stats` by mapping::index. All references must outlive this.
    key_queries(boost::asio::any_io_executor executor, postgres::pool& postgres, std::vector<mapping_stats>& stats);
    ~key_queries();
    key_queries(const key_queries&) = delete;
    key_queries& operator=(const key_queries&) = delete;

    // Completes when `query` has its result; it must live until then. Errors, in the result: those of postgres::pool::run, and result_too_large with the limit that was
    // passed. Not to be cancelled.
    boost::asio::awaitable<void> run(key_query& query);

private:
    struct lane;
    struct departed;
    struct split;
    struct submission;
    using departed_pointer = std::shared_ptr<departed>;
    using time_point = std::chrono::steady_clock::time_point;

    lane& lane_of(const mapping& source);
    void enqueue(key_query& query);
    void look_soon(lane& at);
    void look(lane& at);
    void look_later(lane& at);
    std::size_t largest(lane& at);
    void send(lane& at, std::size_t keys);
    boost::asio::awaitable<void> fly(departed_pointer keys);
    boost::asio::awaitable<void> run_alone(key_query& query, time_point deadline);
    boost::asio::awaitable<backends::outcome<void>> run_together(departed& keys);
    void split_up(departed& keys, const backends::failure& why);
    boost::asio::awaitable<void> run_again(lane& at, key_query& query, std::shared_ptr<split> of);
    boost::asio::awaitable<void> derive(lane& at);
    void refuse_batches(lane& at, const std::string& why);
    void complete(key_query& query);

    boost::asio::any_io_executor executor_;
    postgres::pool& postgres_;
    std::vector<mapping_stats>& stats_;
    std::vector<std::unique_ptr<lane>> lanes_;  // by mapping::index; made when first needed
};

}  // namespace respgres::proxy
