#pragma once

#include "bench/bookmaker/dataset.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <variant>

namespace respgres::bookmaker {

struct place_bet {
    std::int64_t user_id;
    std::int64_t event_id;
    std::int64_t cents;
};

struct close_bet {
    std::int64_t bet_id;
    bet_status status;
};

using market_action = std::variant<place_bet, close_bet>;

// Decides what happens next on the live platform: half of the actions place a bet, half close the one that has been open longest, so
// the number of open bets stays about what it was. Pure; the same seed and the same calls give the same actions.
class market {
public:
    market(std::uint64_t seed, std::uint64_t users, std::uint64_t events);

    void opened(std::int64_t bet_id) { open_.push_back(bet_id); }   // a bet that may be closed from now on
    market_action next();

private:
    random_stream random_;
    zipf users_;
    zipf events_;
    std::deque<std::int64_t> open_;
};

// An open loop: action k is due at start + k / rate, however slow the ones before it were.
class schedule {
public:
    using clock = std::chrono::steady_clock;

    schedule(clock::time_point start, double per_second) : start_(start), per_second_(per_second) {}

    std::uint64_t due_by(clock::time_point now) const;      // how many actions are due, the first one at the start
    clock::time_point due_time(std::uint64_t action) const;   // counted from 0

private:
    clock::time_point start_;
    double per_second_;
};

}  // namespace respgres::bookmaker
