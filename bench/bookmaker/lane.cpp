#include "bench/bookmaker/lane.hpp"

#include "bench/bookmaker/copy_text.hpp"

#include <array>

namespace respgres::bookmaker {

namespace {

using outcome_kind = transaction_outcome::kind;

struct statement {
    const char* name;
    const char* sql;
};

constexpr statement place_statement{
    "place", "INSERT INTO bets (user_id, event_id, amount) VALUES ($1::bigint, $2::bigint, $3::numeric) RETURNING id"};
constexpr statement close_statement{
    "close", "UPDATE bets SET status = $2::bet_status, settled_at = now() WHERE id = $1::bigint AND status = 'OPEN'"};

template <std::size_t N>
void send_prepared(const connection& database, const char* name, const std::array<std::string, N>& values) {
    std::array<const char*, N> texts{};
    for (std::size_t i = 0; i < N; ++i) texts[i] = values[i].c_str();
    if (PQsendQueryPrepared(database.get(), name, static_cast<int>(N), texts.data(), nullptr, nullptr, 0) != 1)
        database.fail("sending a transaction");
}

}  // namespace

lane::lane(const std::string& url) : connection_(url) {
    for (const statement& s : {place_statement, close_statement}) {
        const result prepared(PQprepare(connection_.get(), s.name, s.sql, 0, nullptr));
        if (std::string problem = problem_of(prepared.get()); !problem.empty()) throw postgres_error(problem);
    }
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1)
        connection_.fail("entering pipeline mode");
}

void lane::send(const market_action& action, schedule::clock::time_point due) {
    transaction_outcome outcome{outcome_kind::placed, 0, {}, {}};
    if (const auto* place = std::get_if<place_bet>(&action)) {
        std::string amount;
        append_cents(amount, place->cents);
        send_prepared<3>(connection_, place_statement.name,
                         {std::to_string(place->user_id), std::to_string(place->event_id), std::move(amount)});
    } else {
        const auto& close = std::get<close_bet>(action);
        outcome.what = outcome_kind::closed;
        send_prepared<2>(connection_, close_statement.name, {std::to_string(close.bet_id), std::string(to_string(close.status))});
    }
    // A sync after each statement makes each a transaction of its own.
    if (PQpipelineSync(connection_.get()) != 1) connection_.fail("sending a transaction");
    in_flight_.push_back({std::move(outcome), due});
    wants_to_write_ = true;
}

void lane::flush() {
    const int left = PQflush(connection_.get());
    if (left < 0) connection_.fail("sending a transaction");
    wants_to_write_ = left == 1;
}

void lane::receive(std::vector<transaction_outcome>& finished) {
    if (PQconsumeInput(connection_.get()) != 1) connection_.fail("the connection broke");
    while (!in_flight_.empty() && PQisBusy(connection_.get()) == 0) {
        const result arrived(PQgetResult(connection_.get()));
        if (arrived == nullptr) continue;                               // separates a statement's results from the sync's
        if (PQresultStatus(arrived.get()) != PGRES_PIPELINE_SYNC) {
            read_result(arrived.get());
            continue;
        }
        sent& front = in_flight_.front();           // its transaction has ended
        front.outcome.latency = schedule::clock::now() - front.due;
        finished.push_back(std::move(front.outcome));
        in_flight_.pop_front();
    }
    if (PQstatus(connection_.get()) == CONNECTION_BAD) connection_.fail("the connection broke");
}

void lane::read_result(const PGresult* arrived) {
    transaction_outcome& outcome = in_flight_.front().outcome;
    if (std::string problem = problem_of(arrived); !problem.empty()) {
        outcome.what = outcome_kind::failed;
        outcome.problem = std::move(problem);
    } else if (PQresultStatus(arrived) == PGRES_TUPLES_OK && PQntuples(arrived) == 1) {
        outcome.bet_id = std::stoll(PQgetvalue(arrived, 0, 0));
    } else if (outcome.what == outcome_kind::closed && std::string_view(PQcmdTuples(const_cast<PGresult*>(arrived))) == "0") {
        outcome.what = outcome_kind::already_closed;
    }
}

}  // namespace respgres::bookmaker
