#pragma once

#include "bench/bookmaker/zipf.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::bookmaker {

using instant = std::chrono::sys_time<std::chrono::microseconds>;   // PostgreSQL's own resolution

struct user {
    std::int64_t id;
    std::string name;
    instant created_at;
};

struct event {
    std::int64_t id;
    std::string name;
    std::string_view category;
    instant start_time;
    std::string_view status;
};

enum class bet_status : std::uint8_t { open, settled, cashed_out, cancelled };

std::string_view to_string(bet_status status);   // as the enum in conf/betting.sql

struct bet {
    std::int64_t id;
    std::int64_t user_id;
    std::int64_t event_id;
    bet_status status;
    std::int64_t cents;
    instant placed_at;
    std::optional<instant> settled_at;
};

struct session {
    std::string session_id;
    std::int64_t user_id;
    std::string name;
    std::vector<std::string_view> roles;
    instant created_at;
    instant expires_at;
};

struct dataset_sizes {
    std::uint64_t bets = 1'000'000;
    std::uint64_t users = 200'000;
    std::uint64_t events = 80'000;

    std::uint64_t sessions() const { return users / 10 + 1; }
};

std::int64_t draw_cents(random_stream& random);          // a stake: many small and round ones, few large
bet_status draw_closed_status(random_stream& random);    // how a bet ends: SETTLED 90, CASHED_OUT 6, CANCELLED 2

// The betting platform as of `now`: every row is a pure function of (seed, sizes, now, row), rows counted from 0.
//
// Bets are placed over the last 30 days, in the order of their ids, the newest just before `now`; the newest 4 % hold the 2 % that are
// still OPEN. A tenth of the users have a session; every fifth session (never the first) has expired.
class dataset {
public:
    dataset(std::uint64_t seed, dataset_sizes sizes, instant now);

    const dataset_sizes& sizes() const { return sizes_; }

    bookmaker::user user(std::uint64_t row) const;
    bookmaker::event event(std::uint64_t row) const;
    bookmaker::bet bet(std::uint64_t row) const;
    bookmaker::session session(std::uint64_t row) const;

private:
    std::uint64_t seed_;
    dataset_sizes sizes_;
    instant now_;
    zipf bettors_;
    zipf wagered_events_;
};

// How uneven the choices are; also for bets placed live.
zipf popular_users(std::uint64_t users);
zipf popular_events(std::uint64_t events);

}  // namespace respgres::bookmaker
