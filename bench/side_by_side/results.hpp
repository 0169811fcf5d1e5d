#pragma once

#include "bench/side_by_side/statistics.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::side_by_side {

// What one slice of one target gave.
struct slice_result {
    std::uint64_t requests = 0;
    double seconds = 0;                       // until the last reply had come
    std::uint64_t bad_replies = 0;            // errors, and values that are too short
    std::string first_bad;                    // its beginning
    std::vector<double> latencies;            // microseconds; open loop only
    std::vector<std::uint64_t> cpu;           // nanoseconds of each server process, in the order of `processes`

    double rate() const { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
};

// One line of the table: a lane of a workload.
struct summary {
    std::string_view workload_id;
    std::string_view title;
    std::string lane;
    std::size_t cycles = 0;
    quartiles rate;                           // requests per second, closed loop
    quartiles ratio;                          // to the first lane, cycle by cycle
    std::vector<double> cpu;                  // microseconds per request of each process
    double open_rate = 0;                     // 0: no open loop
    double p50 = 0, p99 = 0;                  // microseconds
    std::uint64_t bad_replies = 0;
    std::string first_bad;
};

// All slices of one workload: [lane][cycle].
struct measurement {
    std::string_view workload_id;
    std::string_view title;
    double open_rate;
    std::vector<std::string> lanes;
    std::vector<std::vector<slice_result>> closed;
    std::vector<std::vector<slice_result>> open;
};

// One summary per lane; the first one is what the others are compared with.
std::vector<summary> summarize(const measurement& measured);

}  // namespace respgres::side_by_side
