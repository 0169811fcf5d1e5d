#pragma once

#include "backends/change_stream/lsn.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace respgres::proxy {

// Transactions that the change stream has told of and that PostgreSQL may not show to new snapshots yet: it streams a commit when the log holds it, which is
// before it becomes visible. A key that is dropped in between could be filled again with the old row. So each waits here until a snapshot sees it. Pure.
//
// No order is kept among those that wait: one that a synchronous standby holds up does not hold up the others.
template <class Work>
class fence_queue {
public:
    void add(std::uint32_t xid, change_stream::lsn commit, Work work) { waiting_.push_back({xid, commit, std::move(work)}); }

    // Gives the commits of those that are visible, and their work, to `take`, in the order of their commits. `is_visible(xid, commit)`.
    template <class Visible, class Take>
    void release(Visible is_visible, Take take) {
        std::size_t kept = 0;
        for (entry& each : waiting_) {
            if (is_visible(each.xid, each.commit))
                take(each.commit, std::move(each.work));
            else if (&each != &waiting_[kept])
                waiting_[kept++] = std::move(each);
            else
                ++kept;
        }
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(kept), waiting_.end());
    }

    // Where the commit record of the first that waits begins: what lies before is released.
    std::optional<change_stream::lsn> oldest() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.front().commit;
    }

    template <class Predicate>
    bool any_of(Predicate wanted) const {
        return std::any_of(waiting_.begin(), waiting_.end(), [&wanted](const entry& each) { return wanted(each.work); });
    }

    std::size_t size() const { return waiting_.size(); }
    bool empty() const { return waiting_.empty(); }
    void clear() { waiting_.clear(); }

private:
    struct entry {
        std::uint32_t xid;
        change_stream::lsn commit;
        Work work;
    };

    std::vector<entry> waiting_;  // in the order of their commits
};

}  // namespace respgres::proxy
