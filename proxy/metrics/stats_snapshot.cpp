#include "proxy/metrics/stats_snapshot.hpp"

#include "proxy/metrics/error_bound.hpp"
#include "proxy/metrics/metric_rows.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <unistd.h>

namespace respgres::proxy {

namespace {

// `stats_of` gives the struct of one worker, null where it has none.
template <class Rows, class StatsOf>
metric_values sum_up(const Rows& rows, const stats_hub& hub, StatsOf&& stats_of) {
    metric_values values;
    for (const auto& row : rows) {
        std::int64_t sum = 0;
        for (const worker_stats* worker : hub.workers)
            if (const auto* stats = stats_of(*worker)) sum += row.read(*stats);
        values.push_back({row.name, row.help, row.is_counter(), sum});
    }
    return values;
}

std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

void add_freshness(stats_snapshot& snapshot, const freshness_news& news) {
    const auto age = news.age(std::chrono::steady_clock::now());
    const auto age_ms = age ? std::chrono::duration_cast<std::chrono::milliseconds>(*age).count() : -1;
    snapshot.freshness.push_back({"leads", "Whether this process follows the change stream for all", false, news.leads.load() ? 1 : 0});
    snapshot.freshness.push_back({"age_ms", "How far Redis may lag behind PostgreSQL at most; -1: not known", false, age_ms});
    for (const auto& row : freshness_rows) snapshot.freshness.push_back({row.name, row.help, row.is_counter(), row.read(news.counted)});
    snapshot.freshness_problem = news.problem();
}

metric_values sum_up_rules(const stats_hub& hub) {
    metric_values values = sum_up(rule_rows, hub, [](const worker_stats& worker) { return &worker.rules; });
    if (hub.listener == nullptr) return values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i].value += rule_rows[i].read(*hub.listener);
    return values;
}

mapping_snapshot snapshot_of(const stats_hub& hub, const mapping& source) {
    mapping_snapshot snapshot;
    snapshot.name = source.settings.name;
    snapshot.values = sum_up(mapping_rows, hub, [&source](const worker_stats& worker) { return &worker.mappings[source.index]; });
    for (const worker_stats* worker : hub.workers) {
        const latency_histogram& latency = worker->mappings[source.index].fill_latency;
        const auto counts = latency.counts();
        for (std::size_t i = 0; i < counts.size(); ++i) snapshot.latencies[i] += counts[i];
        snapshot.latency_sum_seconds += latency.sum_seconds();
    }
    return snapshot;
}

// Of all mappings.
void add_audits(stats_snapshot& snapshot) {
    std::int64_t verified = 0;
    std::int64_t violations = 0;
    for (const mapping_snapshot& m : snapshot.mappings) {
        verified += m.get("audit_verified");
        violations += m.get("audit_violations");
    }
    snapshot.freshness.push_back({"verified", "Audited reads that Redis and PostgreSQL answer alike", true, verified});
    snapshot.freshness.push_back({"violations", "Audited reads whose value in Redis a change should have dropped", true, violations});
    snapshot.audit_bound = upper_error_bound(static_cast<std::uint64_t>(verified + violations), static_cast<std::uint64_t>(violations));
}

}  // namespace

std::int64_t mapping_snapshot::get(std::string_view value_name) const {
    const auto found = std::find_if(values.begin(), values.end(), [value_name](const metric_value& v) { return v.name == value_name; });
    return found == values.end() ? 0 : found->value;
}

std::uint64_t mapping_snapshot::latency_count() const {
    return std::accumulate(latencies.begin(), latencies.end(), std::uint64_t{0});
}

double mapping_snapshot::latency_quantile_seconds(double part) const {
    const auto total = static_cast<double>(latency_count());
    if (total == 0) return 0;
    const double wanted = part * total;
    double before = 0;
    for (std::size_t i = 0; i < latency_histogram::bounds.size(); ++i) {
        const auto in_bucket = static_cast<double>(latencies[i]);
        if (in_bucket > 0 && before + in_bucket >= wanted) {
            const double low = i == 0 ? 0 : latency_histogram::bounds[i - 1];
            return low + (latency_histogram::bounds[i] - low) * (wanted - before) / in_bucket;
        }
        before += in_bucket;
    }
    return latency_histogram::bounds.back();
}

stats_snapshot take_snapshot(const stats_hub& hub) {
    stats_snapshot snapshot;
    snapshot.uptime_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - hub.started).count();
    snapshot.clients_connected = hub.clients->size();
    snapshot.clients_accepted = hub.clients->accepted();
    snapshot.clients_rejected = hub.clients->rejected();
    for (const worker_stats* worker : hub.workers) snapshot.client_buffer_bytes += worker->front.buffer_bytes.get();
    snapshot.resident_bytes = resident_bytes();
    snapshot.commands = sum_up(front_rows, hub, [](const worker_stats& worker) { return &worker.front; });
    snapshot.redis = sum_up(redis_rows, hub, [](const worker_stats& worker) { return &worker.redis; });
    snapshot.near = sum_up(near_rows, hub, [](const worker_stats& worker) { return &worker.near; });
    snapshot.postgres = sum_up(postgres_rows, hub, [](const worker_stats& worker) { return worker.postgres; });
    for (const auto& source : hub.mappings->all()) snapshot.mappings.push_back(snapshot_of(hub, *source));
    if (hub.rules != nullptr) snapshot.rules = sum_up_rules(hub);
    if (hub.freshness != nullptr) {
        add_freshness(snapshot, *hub.freshness);
        add_audits(snapshot);
    }
    return snapshot;
}

}  // namespace respgres::proxy
