#pragma once

#include "backends/change_stream/lsn.hpp"

#include <chrono>
#include <deque>

namespace respgres::proxy {

// What PostgreSQL may forget: not what was applied just now, since Redis may lose it (a failover to a replica that lags, a restart from a file), but what was
// applied `hold` ago. Pure. Bounded: it remembers about a hundred positions.
class hold_queue {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit hold_queue(std::chrono::milliseconds hold) : hold_(hold) {}

    // All before `applied` has been applied. Positions never go back.
    void add(change_stream::lsn applied, time_point now) {
        if (applied_.empty() || now - applied_.back().when >= hold_ / 100) applied_.push_back({applied, now});
    }

    // The newest position that may be forgotten; it never goes back.
    change_stream::lsn forgettable(time_point now) {
        while (!applied_.empty() && now - applied_.front().when >= hold_) {
            forgettable_ = applied_.front().position;
            applied_.pop_front();
        }
        return forgettable_;
    }

private:
    struct entry {
        change_stream::lsn position;
        time_point when;
    };

    std::chrono::milliseconds hold_;
    std::deque<entry> applied_;
    change_stream::lsn forgettable_;
};

}  // namespace respgres::proxy
