#pragma once

#include "tests/consistency/history.hpp"

#include <chrono>
#include <mutex>
#include <vector>

namespace respgres::tests::consistency {

// For a while reads may be older than the bound says, since Redis was given earlier data under connections that did not break.
struct setback {
    moment from;
    moment to;
    std::chrono::nanoseconds by;   // how much older

    bool concerns(const read& r) const { return r.end >= from && r.start <= to; }
};

// Noted by the thread that injects faults, read by the one that judges.
class setbacks {
public:
    // To be called before Redis goes back; until end() the setback goes on.
    void begin() {
        const std::lock_guard lock(mutex_);
        all_.push_back({std::chrono::steady_clock::now(), moment::max(), std::chrono::nanoseconds::max() / 4});
    }
    // Redis is what it was at `state_of`; who has read its watermark before notices after `notices_in` at the latest.
    void end(moment state_of, std::chrono::nanoseconds notices_in) {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        all_.back().to = now + notices_in;
        all_.back().by = now - state_of;
    }
    std::vector<setback> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<setback> all_;
};

}  // namespace respgres::tests::consistency
