#pragma once

#include "backends/change_stream/lsn.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace respgres::proxy {

// When all keys of a mapping are dropped that asks for its drops to be coalesced: the first change drops them at once and opens a window; changes within it are owed one drop
// at its end, which opens the next. Pure: time is a parameter.
//
// A drop that is owed is due once the window has passed since the moment after which its first change was acknowledged, whatever has kept the stream from
// telling of it. So what was acknowledged a window before a fence is dropped before that fence is promised.
class drop_coalescer {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using lsn = change_stream::lsn;

    // `windows`: of each mapping, by mapping::index; 0, or none: its drops are never put off.
    explicit drop_coalescer(const std::vector<std::chrono::milliseconds>& windows) {
        for (const auto window : windows) mappings_.push_back({window, {}, {}});
    }

    // Nothing is owed: what was will be told again.
    void restart() {
        for (auto& each : mappings_) each = {each.window, {}, {}};
    }

    // A change, whose commit record begins at `commit`, makes all keys of `mapping` untrue. `now`: the drop that it gets with true comes later, and so it shows all that is taken
    // with the same `now`. It was acknowledged after `since`; nothing: not known. False: a drop is owed.
    bool take(std::size_t mapping, lsn commit, time_point now, std::optional<time_point> since) {
        if (mapping >= mappings_.size() || mappings_[mapping].window.count() == 0) return true;
        state& its = mappings_[mapping];
        if (its.dropped == now) return true;
        const auto due = its.dropped && since ? std::min(*its.dropped, *since) + its.window : now;
        if (due <= now) {
            drop(its, now);
            return true;
        }
        if (!its.owes) its.owes = debt{commit, due};
        its.owes->oldest = std::min(its.owes->oldest, commit);
        its.owes->due = std::min(its.owes->due, due);
        return false;
    }

    // Gives the mappings whose drops are due to `taken`; they count as dropped.
    template <class Take>
    void release(time_point now, Take taken) {
        for (std::size_t i = 0; i < mappings_.size(); ++i) {
            if (!mappings_[i].owes || mappings_[i].owes->due > now) continue;
            drop(mappings_[i], now);
            taken(i);
        }
    }

    // When release() has something to give.
    std::optional<time_point> due() const {
        return least([](const debt& of) { return of.due; });
    }
    // The oldest change that no drop has followed: the stream must begin there to tell of it again.
    std::optional<lsn> oldest() const {
        return least([](const debt& of) { return of.oldest; });
    }

private:
    struct debt {
        lsn oldest;
        time_point due;
    };
    struct state {
        std::chrono::milliseconds window;
        std::optional<time_point> dropped;
        std::optional<debt> owes;
    };

    static void drop(state& its, time_point now) {
        its.dropped = now;
        its.owes.reset();
    }

    template <class Get>
    auto least(Get get) const -> std::optional<decltype(get(std::declval<const debt&>()))> {
        std::optional<decltype(get(std::declval<const debt&>()))> found;
        for (const auto& each : mappings_)
            if (each.owes && (!found || get(*each.owes) < *found)) found = get(*each.owes);
        return found;
    }

    std::vector<state> mappings_;
};

}  // namespace respgres::proxy
