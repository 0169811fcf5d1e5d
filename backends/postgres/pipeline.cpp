#include "backends/postgres/pipeline.hpp"

#include "backends/postgres/failures.hpp"

#include <exception>
#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;
using std::chrono::steady_clock;

pipeline::pipeline(connection& on, pool_stats& stats, pipeline_order::settings limits, end_handler ended)
    : on_(on), wire_(on.wire()), stats_(stats), cancel_grace_(limits.cancel_grace), order_(limits), ended_(std::move(ended)) {}

outcome<void> pipeline::send(piped_query& query) {
    const bool is_first = order_.is_empty();
    if (is_first) PQenterPipelineMode(wire_.native());
    auto columns = on_.send(query.what, query.parameters, *query.rows);
    if (columns.has_error()) {
        if (is_first) PQexitPipelineMode(wire_.native());
        return columns.error();
    }
    query.columns = *columns;
    stats_.queries.add();
    stats_.in_flight.add();
    if (!is_first) stats_.pipelined.add();
    const auto now = steady_clock::now();
    order_.sent(query, now);
    if (!wire_.is_open()) {
        wire_.wake();
        return {};
    }
    if (is_first) next_head();
    if (is_first || (waits_until_ && (wire_.has_result() || wire_.has_unsent() || order_.next_look(now) < *waits_until_))) wire_.wake();
    return {};
}

// libpq hands rows over one at a time only if told so for each query, when it is its turn.
void pipeline::next_head() {
    reader_.reset();
    if (!order_.is_empty() && order_.streams()) PQsetSingleRowMode(wire_.native());
}

asio::awaitable<void> pipeline::run() {
    for (;;) {
        try {
            read_results();
        } catch (const std::exception& error) {   // a sink without memory, for instance: the connection stands in the middle of a result
            if (!order_.is_empty()) order_.failed(make_failure(errc::protocol_error, std::string(not_taken) + error.what()));
            wire_.close();
        }
        act();
        if (order_.is_empty() || !wire_.is_open()) break;
        waits_until_ = order_.next_look(steady_clock::now());
        co_await wire_.wait_for_more(*waits_until_);
        waits_until_.reset();
    }
    if (!wire_.is_open()) co_return lose();
    if (PQexitPipelineMode(wire_.native()) == 0) wire_.close_because("libpq did not leave the pipeline mode");
    if (order_.is_cancelled() && wire_.is_open()) co_await wire_.settle(steady_clock::now() + cancel_grace_);
    order_.settled();
}

// Of a connection that has broken, too: what it had said before is still to be read. A NULL is between two queries, a second one behind the last.
void pipeline::read_results() {
    int nulls = 0;
    while (!order_.is_empty() && wire_.native() != nullptr && nulls < 2 && (!wire_.is_open() || wire_.has_result())) {
        const result_ptr result(PQgetResult(wire_.native()));
        nulls = result ? 0 : nulls + 1;
        if (result) take(*result);
    }
}

void pipeline::take(const PGresult& result) {
    switch (PQresultStatus(&result)) {
        case PGRES_SINGLE_TUPLE: return hand_over(result);
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY: order_.complete(); return hand_over(result);
        case PGRES_BAD_RESPONSE:
        case PGRES_FATAL_ERROR: return order_.failed(failure_of(&result));
        case PGRES_PIPELINE_ABORTED: return order_.aborted();
        case PGRES_PIPELINE_SYNC: break;
        default:  // COPY would go on for ever
            order_.failed(make_failure(errc::protocol_error, not_rows));
            return wire_.close();
    }
    stats_.in_flight.add(-1);
    const auto ended = order_.synced(steady_clock::now());
    next_head();
    if (ended) tell(*ended);
}

void pipeline::hand_over(const PGresult& result) {
    if (wire_.has_row_above_limit(result)) return wire_.refuse_row();
    auto* const query = order_.reader();
    if (query == nullptr) return;
    if (!reader_) reader_.emplace(query->columns, *query->rows, query->touched);
    if (reader_->read(result)) return;
    if (!reader_->is_mismatched()) return order_.refuse();
    // Somebody else's statement stands under our name: a pooler that shares sessions without knowing of prepared statements.
    order_.failed(make_failure(errc::protocol_error, mismatched_columns));
    wire_.close();
}

// Does what is due.
void pipeline::act() {
    if (cancel_waits_ && !wire_.is_cancelling()) order_.cancel_again_at(steady_clock::now());
    cancel_waits_ = cancel_waits_ && wire_.is_cancelling();
    while (wire_.is_open()) {
        const auto next = order_.due(steady_clock::now());
        if (const auto* ended = std::get_if<pipeline_order::ending>(&next)) {
            tell(*ended);
        } else if (std::holds_alternative<pipeline_order::cancel>(next)) {
            cancel_waits_ = wire_.is_cancelling();  // for another, earlier head
            if (cancel_waits_) order_.cancel_again_at(pipeline_order::never);
            wire_.send_cancel();
        } else if (std::holds_alternative<pipeline_order::close>(next)) {
            wire_.close_unresponsive();
        } else {
            return;
        }
    }
}

void pipeline::lose() {
    const auto why = wire_.lost();
    if (wire_.has_refused_row() && !order_.is_empty()) order_.failed(make_failure(errc::result_too_large, why.detail));
    wire_.close();
    stats_.in_flight.add(-static_cast<std::int64_t>(order_.size()));
    for (const auto& ended : order_.lost(why)) tell(ended);
    order_.settled();
}

bool pipeline::give_up(const piped_query& query) {
    std::optional<pipeline_order::ending> ended;
    const bool is_here = order_.give_up(query, ended);
    if (ended)
        tell(*ended);
    else if (is_here)
        wire_.wake();
    return is_here;
}

void pipeline::give_up_all() {
    for (const auto& ended : order_.give_up_all()) tell(ended);
    wire_.wake();
}

void pipeline::tell(const pipeline_order::ending& ended) {
    ended_(ended);
}

}  // namespace respgres::postgres
