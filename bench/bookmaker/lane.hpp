#pragma once

#include "bench/bookmaker/market.hpp"
#include "bench/bookmaker/postgres.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace respgres::bookmaker {

// What became of one transaction.
struct transaction_outcome {
    enum class kind : std::uint8_t { placed, closed, already_closed, failed };   // already_closed: by another bookmaker
    kind what;
    std::int64_t bet_id;                  // of a placed one
    std::string problem;                  // of a failed one
    schedule::clock::duration latency;    // from the time it was due to the commit
};

// One connection in pipeline mode; every action is a transaction of its own. Never blocks once constructed.
// Throws postgres_error when the connection breaks.
class lane {
public:
    static constexpr std::size_t max_in_flight = 256;

    explicit lane(const std::string& url);

    void send(const market_action& action, schedule::clock::time_point due);   // needs has_room()
    void flush();
    // Reads what has arrived and appends what is finished.
    void receive(std::vector<transaction_outcome>& finished);

    bool has_room() const { return in_flight_.size() < max_in_flight; }
    std::size_t in_flight() const { return in_flight_.size(); }
    bool wants_to_write() const { return wants_to_write_; }
    int descriptor() const { return PQsocket(connection_.get()); }

private:
    struct sent {
        transaction_outcome outcome;                // as far as it is known
        schedule::clock::time_point due;
    };

    void read_result(const PGresult* arrived);      // of the front of in_flight_

    connection connection_;
    std::deque<sent> in_flight_;
    bool wants_to_write_ = false;
};

}  // namespace respgres::bookmaker
