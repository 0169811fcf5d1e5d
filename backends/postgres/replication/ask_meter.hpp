#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace respgres::postgres {

// Tells from the server's requests for an answer that it is shutting down.
//
// A fast or smart shutdown ends a walsender only when its consumer has confirmed all that was sent (`flushed`), and asks again after each answer. A consumer that
// confirms late by design (the slot keeps what was applied less than [freshness] hold ago) would hold the shutdown up for that long, or for ever, so it must go by itself.
// In normal operation the server asks once in half its time limit, and only of one who was silent. Pure.
class ask_meter {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit ask_meter(std::chrono::milliseconds server_timeout) : window_(server_timeout / 2) {}

    // The server asked. True: more often than it ever does unless it waits for us to end.
    bool asked(time_point now) {
        const bool full = count_ >= times_.size();
        const time_point oldest = times_[count_ % times_.size()];
        times_[count_++ % times_.size()] = now;
        return full && now - oldest < window_;
    }

    void restart() { count_ = 0; }

private:
    std::chrono::milliseconds window_;
    std::array<time_point, 3> times_{};
    std::size_t count_ = 0;
};

}  // namespace respgres::postgres
