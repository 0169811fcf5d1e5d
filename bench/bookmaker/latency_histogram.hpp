#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace respgres::bookmaker {

// Counts durations in buckets that are 1/8 of a power of two wide: percentiles within 12.5 %, in constant memory.
class latency_histogram {
public:
    using microseconds = std::chrono::microseconds;

    void add(microseconds duration) {
        const auto value = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
        ++counts_[bucket_of(value)];
        ++total_;
    }

    std::uint64_t total() const { return total_; }

    // The least bucket's upper end that `part` (0..1) of the durations do not pass; zero when there are none.
    microseconds percentile(double part) const {
        const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket];
            if (seen > 0 && seen >= wanted) return microseconds(static_cast<std::int64_t>(upper_end(bucket)));
        }
        return microseconds(0);
    }

private:
    static constexpr unsigned sub_bits = 3;
    static constexpr std::uint64_t subs = 1u << sub_bits;

    // Values below 8 have a bucket each; above, the three bits after the leading one choose.
    static std::size_t bucket_of(std::uint64_t value) {
        if (value < subs) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
        return (shift + 1) * subs + ((value >> shift) - subs);
    }

    static std::uint64_t upper_end(std::size_t bucket) {
        if (bucket < subs) return bucket;
        const auto shift = bucket / subs - 1;
        return ((bucket % subs + subs + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - sub_bits + 1) * subs> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace respgres::bookmaker
