#include "proxy/metrics/stats_report.hpp"
#include "proxy/metrics/stats_snapshot.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <vector>

namespace respgres::proxy {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using families = std::vector<MetricFamily>;

ClientMetric metric_of(bool is_counter, double value) {
    ClientMetric metric;
    if (is_counter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    return metric;
}

// Conventions of Prometheus: unit in the name, "_total" behind counters.
MetricFamily family(std::string name, std::string_view help, bool is_counter) {
    MetricFamily made;
    made.name = std::move(name) + (is_counter ? "_total" : "");
    made.help = help;
    made.type = is_counter ? MetricType::Counter : MetricType::Gauge;
    return made;
}

void add(families& all, std::string name, std::string_view help, bool is_counter, double value) {
    MetricFamily one = family(std::move(name), help, is_counter);
    one.metric.push_back(metric_of(is_counter, value));
    all.push_back(std::move(one));
}

void add_values(families& all, const std::string& prefix, const metric_values& values) {
    for (const metric_value& v : values) add(all, prefix + std::string(v.name), v.help, v.is_counter, static_cast<double>(v.value));
}

void add_mapping_values(families& all, const std::vector<mapping_snapshot>& mappings) {
    if (mappings.empty()) return;
    for (std::size_t row = 0; row < mappings.front().values.size(); ++row) {
        const metric_value& first = mappings.front().values[row];
        MetricFamily one = family("respgres_mapping_" + std::string(first.name), first.help, first.is_counter);
        for (const mapping_snapshot& m : mappings) {
            ClientMetric metric = metric_of(first.is_counter, static_cast<double>(m.values[row].value));
            metric.label = {{"mapping", m.name}};
            one.metric.push_back(std::move(metric));
        }
        all.push_back(std::move(one));
    }
}

MetricFamily fill_durations(const std::vector<mapping_snapshot>& mappings) {
    MetricFamily one = family("respgres_fill_duration_seconds", "How long fills took, from the query's start to its last row", false);
    one.type = MetricType::Histogram;
    for (const mapping_snapshot& m : mappings) {
        ClientMetric metric;
        metric.label = {{"mapping", m.name}};
        metric.histogram.sample_count = m.latency_count();
        metric.histogram.sample_sum = m.latency_sum_seconds;
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < m.latencies.size(); ++i) {
            cumulative += m.latencies[i];
            ClientMetric::Bucket bucket;
            bucket.cumulative_count = cumulative;
            bucket.upper_bound =
                i < latency_histogram::bounds.size() ? latency_histogram::bounds[i] : std::numeric_limits<double>::infinity();
            metric.histogram.bucket.push_back(bucket);
        }
        one.metric.push_back(std::move(metric));
    }
    return one;
}

}  // namespace

std::string stats_prometheus(const stats_hub& hub) {
    const stats_snapshot s = take_snapshot(hub);
    families all;
    MetricFamily build = family("respgres_build_info", "The version that runs; always 1", false);
    build.metric.push_back(metric_of(false, 1));
    build.metric.back().label = {{"version", RESPGRES_VERSION}};
    all.push_back(std::move(build));
    add(all, "respgres_uptime_seconds", "Time since the start", false, s.uptime_seconds);
    add(all, "respgres_workers", "Worker threads", false, static_cast<double>(hub.workers.size()));
    add(all, "respgres_clients_connected", "Clients connected now", false, static_cast<double>(s.clients_connected));
    add(all, "respgres_clients_accepted", "Clients accepted", true, static_cast<double>(s.clients_accepted));
    add(all, "respgres_clients_rejected", "Clients refused because of max_clients", true, static_cast<double>(s.clients_rejected));
    add(all, "respgres_client_buffer_bytes", "Memory of the clients' buffers", false, static_cast<double>(s.client_buffer_bytes));
    add(all, "process_resident_memory_bytes", "Resident memory of the process", false, static_cast<double>(s.resident_bytes));
    add_values(all, "respgres_commands_", s.commands);
    add_values(all, "respgres_redis_", s.redis);
    add_values(all, "respgres_near_", s.near);
    add_values(all, "respgres_postgres_", s.postgres);
    add_values(all, "respgres_freshness_", s.freshness);
    add_values(all, "respgres_rules_", s.rules);
    if (s.audit_bound)
        add(all, "respgres_freshness_upper_95", "The part of reads that may be wrong at most, with 95 % confidence", false, *s.audit_bound);
    add_mapping_values(all, s.mappings);
    all.push_back(fill_durations(s.mappings));
    return prometheus::TextSerializer().Serialize(all);
}

}  // namespace respgres::proxy
