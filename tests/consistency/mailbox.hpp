#pragma once

#include "tests/consistency/history.hpp"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace respgres::tests::consistency {

// What one thread of the workload has seen, on its way to the checker.
//
// The thread calls post() and open_since(); the checker's thread calls take() and horizon(), horizon first: what was seen before it has then
// been posted.
class mailbox {
public:
    struct letters {
        std::vector<write> writes;
        std::vector<invalidation> invalidations;
        std::vector<read> reads;
    };

    template <class Record>
    void post(const std::vector<Record>& seen) {
        const std::lock_guard lock(mutex_);
        auto& box = box_of(seen);
        box.insert(box.end(), seen.begin(), seen.end());
    }

    // What will be posted later began, or was acknowledged, after this time. Reads need not be told of.
    void open_since(moment begin) { open_since_.store(begin, std::memory_order_release); }
    void nothing_more() { open_since(moment::max()); }

    moment horizon() const { return open_since_.load(std::memory_order_acquire); }
    letters take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(letters_, {});
    }

private:
    std::vector<write>& box_of(const std::vector<write>&) { return letters_.writes; }
    std::vector<invalidation>& box_of(const std::vector<invalidation>&) { return letters_.invalidations; }
    std::vector<read>& box_of(const std::vector<read>&) { return letters_.reads; }

    std::mutex mutex_;
    letters letters_;
    std::atomic<moment> open_since_{moment::min()};
};

}  // namespace respgres::tests::consistency
