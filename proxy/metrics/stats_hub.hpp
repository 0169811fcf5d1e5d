#pragma once

#include "proxy/clients/client_registry.hpp"
#include "proxy/freshness/freshness_news.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/metrics/worker_stats.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace respgres::proxy {

class drop_rules;

// Where all numbers of the process can be read from, by any thread. Filled while the proxy is wired up, constant afterwards; what it points to lives
// as long as the workers.
struct stats_hub {
    std::vector<const worker_stats*> workers;
    std::shared_ptr<const mapping_table> mappings;
    const client_registry* clients = nullptr;
    const freshness_news* freshness = nullptr;  // null: no mapping follows changes
    const drop_rules* rules = nullptr;  // null: there are none
    const rule_stats* listener = nullptr;  // of notifications; null: nobody listens
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::string redis_address;  // "127.0.0.1:6379", no credentials
    std::string postgres_address;  // host, port and database, no credentials
};

}  // namespace respgres::proxy
