#pragma once

#include "proxy/metrics/stats_hub.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// One number of the process: a row of metric_rows.hpp and its sum over the workers.
struct metric_value {
    std::string_view name;
    std::string_view help;
    bool is_counter;
    std::int64_t value;
};
using metric_values = std::vector<metric_value>;

struct mapping_snapshot {
    std::string name;
    metric_values values;
    latency_histogram::buckets latencies{};
    double latency_sum_seconds = 0;

    std::int64_t get(std::string_view value_name) const;
    std::uint64_t latency_count() const;
    // Interpolated within its bucket; 0 without fills. `part` in [0, 1].
    double latency_quantile_seconds(double part) const;
};

struct stats_snapshot {
    double uptime_seconds = 0;
    std::uint64_t clients_connected = 0;
    std::uint64_t clients_accepted = 0;
    std::uint64_t clients_rejected = 0;
    std::int64_t client_buffer_bytes = 0;
    std::int64_t resident_bytes = 0;
    metric_values commands;
    metric_values redis;
    metric_values near;
    metric_values postgres;
    metric_values freshness;              // empty: no mapping follows changes
    std::string freshness_problem;
    metric_values rules;                  // empty: there are none
    std::optional<double> audit_bound;  // the greatest part of reads that may be wrong, with 95 % confidence; nullopt: none was audited
    std::vector<mapping_snapshot> mappings;
};

stats_snapshot take_snapshot(const stats_hub& hub);

}  // namespace respgres::proxy
