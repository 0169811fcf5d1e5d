#pragma once

#include "proxy/metrics/stats_hub.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace respgres::tests {

// Two workers and the mappings m0 and m1, without anything behind them.
struct hub_fixture {
    static constexpr std::size_t mapping_count = 2;

    hub_fixture() : a(mapping_count), b(mapping_count), clients(2) {
        conf::problems found;
        auto table = proxy::mapping_table::build(settings_of({"bet:{id:int}", "user:{name}"}), found);
        REQUIRE(found.empty());
        hub.mappings = std::make_shared<const proxy::mapping_table>(std::move(table));
        a.postgres = &pool;
        hub.workers = {&a, &b};
        hub.clients = &clients;
        hub.redis_address = "127.0.0.1:6379";
        hub.postgres_address = "127.0.0.1:5432/\"betting\"";
    }

    postgres::pool_stats pool;
    proxy::worker_stats a;
    proxy::worker_stats b;
    proxy::client_registry clients;
    proxy::stats_hub hub;
};

}  // namespace respgres::tests
