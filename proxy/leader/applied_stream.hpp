#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/snapshot.hpp"
#include "backends/change_stream/timestamp.hpp"
#include "proxy/invalidations/invalidation.hpp"
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

namespace respgres::proxy {

// How far the change stream has been applied: what waits to become visible, and which promise may be made next. Pure: the leader tells it what
// happened, in that order:
//
//   add() for each transaction that came, on_received(position) -> on_fence() -> [drop what it released] -> on_applied() -> promise()
class applied_stream {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using lsn = change_stream::lsn;

    // What a watermark says.
    struct promised {
        lsn position;
        change_stream::timestamp time;
    };

    explicit applied_stream(std::chrono::milliseconds hold) : hold_(hold) {}

    // The stream begins anew at `from`.
    void restart(lsn from) {
        queue_.clear();
        fences_.clear();
        next_.reset();
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

    // A fence: `seen` shows every transaction that was acknowledged before `taken`, and these end before `inserted`. Merges what has become visible into
    // `ready`, which must be dropped before on_applied().
    void on_fence(const change_stream::snapshot& seen, lsn inserted, change_stream::timestamp taken, time_point now, invalidation& ready) {
        const auto merge = [&ready](invalidation what) { ready.merge(what); };
        const auto is_visible = [&seen, inserted](std::uint32_t xid, lsn commit) {
            if (planted(plant::no_fence)) return true;
            if (planted(plant::lsn_instead_of_xid)) return commit < inserted;
            if (planted(plant::xid_not_widened)) return seen.sees(xid);
            return seen.sees(seen.widen(xid));
        };
        queue_.release(is_visible, merge);
        untested_ = false;
        if (fences_.size() == max_fences) fences_.pop_back();
        fences_.push_back({change_stream::without_page_header(inserted), taken, now});
    }

    // Everything that was released has been dropped. A fence's promise can be made when the stream has come to its position and all that came was looked at with this fence or
    // a later one: then what was acknowledged before it is visible, so it was released.
    void on_applied() {
        if (untested_ && !planted(plant::untested_promise)) return;
        while (!fences_.empty() && (fences_.front().inserted <= received_ || planted(plant::promise_without_stream))) {
            const lsn oldest = queue_.oldest().value_or(fences_.front().inserted);
            next_ = promised{std::min(oldest, fences_.front().inserted), fences_.front().taken};
            fences_.pop_front();
        }
    }

    // What may be promised now, if it is more than before.
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
    std::deque<pending_fence> fences_;
    std::optional<promised> next_;
    hold_queue hold_;
    lsn received_;
    bool untested_ = false;  // something came after the last fence
};

}  // namespace respgres::proxy
