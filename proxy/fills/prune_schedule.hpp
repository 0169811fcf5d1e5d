#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace respgres::proxy {

// When the registries of wide mappings are looked through for keys that have expired, so that a registry does not grow while no change comes: in passes, each through
// all registries, a hundred keys at a time (about a millisecond, by which a drop that comes just then is late). Pure: time is a parameter.
class prune_schedule {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct pace {
        std::chrono::milliseconds step{50};  // from one step to the next
        std::chrono::milliseconds pass{5 * 60'000};  // from the beginning of one pass to that of the next, at least
    };
    struct step {
        std::size_t registry;
        std::string cursor;  // SSCAN's
    };

    prune_schedule(std::size_t registries, pace at) : registries_(registries), pace_(at) {}

    // The step that is due; the schedule goes on with on_step().
    std::optional<step> due(time_point now) const {
        if (registries_ == 0 || now < next_) return std::nullopt;
        return step{registry_, cursor_};
    }

    // The step that was due has been taken; SSCAN told where the next begins: "0" at the end.
    void on_step(std::string cursor, time_point now) {
        if (registry_ == 0 && cursor_ == "0") began_ = now;
        next_ = now + pace_.step;
        cursor_ = std::move(cursor);
        if (cursor_ != "0") return;
        registry_ = (registry_ + 1) % registries_;
        if (registry_ == 0) next_ = std::max(next_, began_ + pace_.pass);
    }

    // Another Redis, whose cursors are others: the registry that was under way begins anew.
    void restart() { cursor_ = "0"; }

private:
    std::size_t registries_;
    pace pace_;
    std::size_t registry_ = 0;
    std::string cursor_ = "0";
    time_point began_{};
    time_point next_{};
};

}  // namespace respgres::proxy
