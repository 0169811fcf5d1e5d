#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/snapshot.hpp"
#include "backends/change_stream/timestamp.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/leader/drop_coalescer.hpp"
#include "proxy/leader/fence_queue.hpp"
#include "proxy/leader/hold_queue.hpp"
#include "proxy/plants.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace respgres::proxy {

// How far the change stream has been applied: what waits to become visible, and which promise may be made next. Pure: the leader tells it what
// happened, in that order:
//
//   add() for each transaction that came, on_received(position) -> on_fence() -> release_due() -> [drop what these released] -> on_applied() -> promise()
//
// A drop of all keys of a mapping may be put off (drop_coalescer). Then the promise's position stays at the oldest change that waits for it; its time goes on, and says so much
// less for that mapping.
class applied_stream {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using lsn = change_stream::lsn;

    // What a watermark says.
    struct promised {
        lsn position;
        change_stream::timestamp time;
    };

    // `windows`: how long drops of each mapping may be put off, by mapping::index.
    explicit applied_stream(std::chrono::milliseconds hold, const std::vector<std::chrono::milliseconds>& windows = {})
        : coalescer_(windows), hold_(hold) {}

    // The stream begins anew at `from`.
    void restart(lsn from) {
        queue_.clear();
        coalescer_.restart();
        fences_.clear();
        next_.reset();
        came_to_.reset();
        received_ = from;
        untested_ = false;
    }

    // A transaction came that makes something untrue.
    void add(std::uint32_t xid, lsn commit, invalidation what) {
        queue_.add(xid, commit, std::move(what));
        untested_ = true;
    }
    // All that was committed before `position` has come.
    void on_received(lsn position) { received_ = position; }
    lsn received() const { return received_; }

    bool needs_fence() const { return !queue_.empty(); }
    // One that changed a definition is not visible yet.
    bool waits_for_definitions() const {
        return queue_.any_of([](const invalidation& what) { return what.facts_are_old; });
    }
    std::size_t waiting() const { return queue_.size(); }

    // A fence, which was asked for at `asked`: `seen` shows every transaction that was acknowledged before `taken`, and these end before `inserted`. Merges what has become
    // visible into `ready`, which must be dropped before on_applied(). Returns how many drops it put off.
    std::size_t on_fence(const change_stream::snapshot& seen, lsn inserted, change_stream::timestamp taken, time_point asked,
                         invalidation& ready) {
        // What was acknowledged before the fence that was promised last had been released by then.
        const auto since = came_to_ ? std::optional(asked - std::max(taken - *came_to_, std::chrono::microseconds(0))) : std::nullopt;
        std::size_t put_off = 0;
        const auto merge = [&](lsn commit, invalidation what) {
            const auto waits = [&](std::size_t mapping) { return !coalescer_.take(mapping, commit, asked, since); };
            put_off += std::erase_if(what.wide, waits);
            ready.merge(std::move(what));
        };
        const auto is_visible = [&seen, inserted](std::uint32_t xid, lsn commit) {
            if (planted(plant::no_fence)) return true;
            if (planted(plant::lsn_instead_of_xid)) return commit < inserted;
            if (planted(plant::xid_not_widened)) return seen.sees(xid);
            return seen.sees(seen.widen(xid));
        };
        queue_.release(is_visible, merge);
        untested_ = false;
        if (fences_.size() == max_fences) fences_.pop_back();
        fences_.push_back({change_stream::without_page_header(inserted), taken, asked});
        return put_off;
    }

    // Adds the drops that were put off and are due to `ready`. `now` is later than the last fence.
    void release_due(time_point now, invalidation& ready) {
        coalescer_.release(now, [&ready](std::size_t mapping) { ready.add_wide(mapping); });
    }
    // When the next of these is due.
    std::optional<time_point> next_due() const { return coalescer_.due(); }

    // Everything that was released has been dropped. A fence's promise can be made when the stream has come to its position and all that came was looked at with this fence or
    // a later one: then what was acknowledged before it is visible, so it was released.
    void on_applied() {
        if (untested_ && !planted(plant::untested_promise)) return;
        while (!fences_.empty() && (fences_.front().inserted <= received_ || planted(plant::promise_without_stream))) {
            const lsn inserted = fences_.front().inserted;
            const lsn oldest = std::min(queue_.oldest().value_or(inserted), coalescer_.oldest().value_or(inserted));
            next_ = promised{std::min(oldest, inserted), fences_.front().taken};
            came_to_ = fences_.front().taken;
            fences_.pop_front();
        }
    }

    // What may be promised, if it is more than was taken last. It stays true until restart().
    bool has_promise() const { return next_.has_value(); }
    std::optional<promised> promise() { return std::exchange(next_, std::nullopt); }
    // It was.
    void on_promised(lsn position, time_point now) { hold_.add(position, now); }

    // Where the server may forget.
    lsn forgettable(time_point now) { return hold_.forgettable(now); }

    // Since when a fence waits for the stream to come to its position; nothing if none does.
    std::optional<time_point> waits_since() const {
        if (fences_.empty()) return std::nullopt;
        return fences_.front().when;
    }

private:
    static constexpr std::size_t max_fences = 4'096;  // that wait for a stream that lags; some minutes

    struct pending_fence {
        lsn inserted;
        change_stream::timestamp taken;
        time_point when;
    };

    fence_queue<invalidation> queue_;
    drop_coalescer coalescer_;
    std::deque<pending_fence> fences_;
    std::optional<promised> next_;
    std::optional<change_stream::timestamp> came_to_;  // all that was acknowledged before has been released
    hold_queue hold_;
    lsn received_;
    bool untested_ = false;  // something came after the last fence
};

}  // namespace respgres::proxy
