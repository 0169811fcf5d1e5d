#pragma once

#include "backends/change_stream/timestamp.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace respgres::proxy {

// What PostgreSQL's clock says, as seen from this process (Cristian, "Probabilistic clock synchronization", 1989): it was asked at one moment of ours and
// had answered at another, so what it told happened between the two.
//
// Conservative: a moment of PostgreSQL's is never taken for younger than it is, as long as the two clocks drift apart by no more than max_drift. A step of
// PostgreSQL's clock is noticed with the next sample.
class server_clock {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using nanoseconds = std::chrono::nanoseconds;

    // Seconds per second; the fastest at which NTP slews a clock.
    static constexpr double max_drift = 0.0005;

    // PostgreSQL said `told` after `asked` and before `answered`.
    void add(time_point asked, change_stream::timestamp told, time_point answered);

    // The least that our clock can be ahead of PostgreSQL's at `when`; nullopt before the first sample.
    std::optional<nanoseconds> offset_at(time_point when) const;

private:
    nanoseconds offset_{};
    time_point since_{};
    bool known_ = false;
};

// What one thread measures and others read: server_clock's offset, good for the next two seconds.
class shared_clock {
public:
    using time_point = server_clock::time_point;

    // By the thread that measures, at least once a second, whether or not PostgreSQL can be asked.
    void publish(const server_clock& measured, time_point now);

    // Any thread: the earliest of our moments at which PostgreSQL's clock can have shown `moment`; nullopt: not known yet.
    std::optional<time_point> earliest(change_stream::timestamp moment) const;

private:
    static constexpr std::int64_t unknown = INT64_MIN;

    std::atomic<std::int64_t> offset_{unknown};  // nanoseconds
};

}  // namespace respgres::proxy
