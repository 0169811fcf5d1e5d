#pragma once

#include "proxy/metrics/stats_hub.hpp"

#include <string>

namespace respgres::proxy {

// The numbers of all workers, added up, in the forms that people and programs read. From any thread. No keys, no credentials.

// GET /stats: {"version", "uptime_seconds", "clients": {...}, "commands": {...}, "redis": {...}, "postgres": {...}, "memory": {...},
// "mappings": {"active_bets": {"hits", "misses", "fills", "hit_rate", "fill_latency_ms": {"mean", "p50", "p99"}, ...}}}.
std::string stats_json(const stats_hub& hub);

// PROXY STATS and the "# Proxy" section of INFO: "name:value" lines, CRLF, as INFO has them ("proxy_hits:12", "mapping_active_bets:hits=12,misses=3,...").
std::string stats_text(const stats_hub& hub);

// GET /metrics: Prometheus text format.
std::string stats_prometheus(const stats_hub& hub);

}  // namespace respgres::proxy
