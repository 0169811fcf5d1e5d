#pragma once

#include "tests/consistency/items.hpp"
#include "tests/consistency/modes.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace respgres::tests::consistency {

struct addresses {
    std::string postgres;                // a URL
    std::uint16_t redis = 0;
    std::vector<std::uint16_t> proxies;  // in mode cache-aside, Redis itself
};

// The longest of some durations, noted by several threads.
class longest {
public:
    void note(std::chrono::nanoseconds took) {
        auto known = value_.load();
        while (known < took.count() && !value_.compare_exchange_weak(known, took.count())) {
        }
    }
    std::chrono::nanoseconds value() const { return std::chrono::nanoseconds(value_.load()); }

private:
    std::atomic<std::chrono::nanoseconds::rep> value_{0};
};

struct counts {
    std::atomic<std::uint64_t> transactions{0};
    std::atomic<std::uint64_t> rollbacks{0};
    std::atomic<std::uint64_t> unknown_ends{0};   // COMMITs whose answer did not come, settled later
    std::atomic<std::uint64_t> replies{0};
    std::atomic<std::uint64_t> error_replies{0};
    std::atomic<std::uint64_t> broken_connections{0};
    longest reply;          // to a reader's commands
    longest invalidation;   // until a writer's DEL was acknowledged, with repetitions
};

// An item as its writers know it. They take turns by the mutex, held until the end of the transaction is known.
struct item_state {
    std::mutex turn;
    item_version current{1, true, 0};
    version attempts = 1;   // the highest version given out, committed or not
};

// What the threads of one run share.
struct workload {
    workload(unsigned items_, const mode& how_, addresses where_) : items(items_), how(how_), where(std::move(where_)), states(items_) {
        for (unsigned i = 0; i < items_; ++i) states[i].current.group = items.home_of(i);
    }

    // The four items that are written most at this time; others after a second. What stays wrong in the cache when their second is over is
    // not soon put right by the next write, and is seen past the bound.
    unsigned focus(moment now) const {
        const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        return static_cast<unsigned>(second % (items.items() / 4)) * 4;
    }

    const item_set items;
    const mode& how;
    const addresses where;
    std::vector<item_state> states;
    std::atomic<bool> writing{true};
    std::atomic<bool> following{true};  // until the writers have ended
    std::atomic<bool> reading{true};
    counts seen;
};

}  // namespace respgres::tests::consistency
