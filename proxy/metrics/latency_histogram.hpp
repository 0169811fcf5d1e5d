#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace respgres::proxy {

// Durations in buckets; one thread adds, any thread reads (a sum may lag its buckets by the observation under way).
class latency_histogram {
public:
    // Upper bounds in seconds; the last bucket is open.
    static constexpr std::array<double, 14> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                   0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
    using buckets = std::array<std::uint64_t, bounds.size() + 1>;

    void add(std::chrono::nanoseconds duration) {
        const double seconds = std::chrono::duration<double>(duration).count();
        std::size_t bucket = 0;
        while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
        increase(counts_[bucket], 1);
        increase(nanoseconds_, static_cast<std::uint64_t>(duration.count()));
    }

    buckets counts() const {
        buckets copy{};
        for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = counts_[i].load(std::memory_order_relaxed);
        return copy;
    }
    double sum_seconds() const { return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9; }

private:
    static void increase(std::atomic<std::uint64_t>& number, std::uint64_t by) {
        number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
    std::atomic<std::uint64_t> nanoseconds_{0};
};

}  // namespace respgres::proxy
