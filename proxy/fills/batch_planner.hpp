#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace respgres::proxy {

// Decides which of a mapping's missing keys leave together in one query, and when. Pure: time is a parameter.
//
// A key leaves at once (with all that came in the same turn of the event loop) while fewer than `max_in_flight` queries are under way; else with
// the others that wait, when one of these is answered. So a lone miss never waits, and under load the batches grow by themselves. A batch takes no more keys than are
// expected to be answered within `longest`: slow keys go alone, beside each other.
class batch_planner {
public:
    using clock = std::chrono::steady_clock;
    using nanoseconds = std::chrono::nanoseconds;
    struct settings {
        std::size_t max_keys = 1;
        std::size_t max_in_flight = 1;
        nanoseconds window{0};  // how long a key waits for others even if it could leave
        nanoseconds patience{0};  // how long a key may wait in all
    };
    static constexpr nanoseconds longest = std::chrono::milliseconds(20);

    explicit batch_planner(settings limits) : limits_(limits) {}

    void arrive(clock::time_point now) { arrivals_.push_back(now); }

    // How many of the oldest have waited for too long: they are gone from here.
    std::size_t give_up(clock::time_point now) {
        std::size_t late = 0;
        for (; !arrivals_.empty() && now - arrivals_.front() >= limits_.patience; ++late) arrivals_.pop_front();
        return late;
    }

    // How many of the oldest leave now in one query, at most `largest`; 0 = none. To be asked until it says 0.
    std::size_t leave(clock::time_point now, std::size_t largest) {
        if (arrivals_.empty() || in_flight_ >= limits_.max_in_flight) return 0;
        const std::size_t size = std::min(largest, affordable());
        if (arrivals_.size() < size && now - arrivals_.front() < limits_.window) return 0;
        const std::size_t leaving = std::min(size, arrivals_.size());
        arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(leaving));
        ++in_flight_;
        return leaving;
    }

    // The batch that was under way runs again as `queries` lone ones; each of them is answered by itself.
    void split(std::size_t queries) { in_flight_ += queries - 1; }

    // A query of so many keys took so long. What is quicker than thought is believed sooner than what is slower: that may have waited for a connection, or been
    // prepared first.
    void answered(std::size_t keys, nanoseconds took) {
        --in_flight_;
        const nanoseconds each = took / static_cast<nanoseconds::rep>(std::max<std::size_t>(keys, 1));
        if (cost_.count() == 0)
            cost_ = each;
        else
            cost_ += (each - cost_) / (each < cost_ ? 2 : 4);
    }

    // When to look again although nothing was answered and nobody came; nothing = not needed.
    std::optional<clock::time_point> next_look() const {
        if (arrivals_.empty()) return std::nullopt;
        const bool holds_back = in_flight_ < limits_.max_in_flight;
        return arrivals_.front() + (holds_back ? std::min(limits_.window, limits_.patience) : limits_.patience);
    }

    std::size_t waiting() const { return arrivals_.size(); }
    std::size_t in_flight() const { return in_flight_; }

private:
    // Nothing is known at first: alone.
    std::size_t affordable() const {
        if (cost_.count() == 0) return 1;
        return std::clamp<std::size_t>(static_cast<std::size_t>(longest / cost_), 1, limits_.max_keys);
    }

    settings limits_;
    std::deque<clock::time_point> arrivals_;
    std::size_t in_flight_ = 0;
    nanoseconds cost_{0};  // of one key, lately
};

}  // namespace respgres::proxy
