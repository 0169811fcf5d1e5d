#pragma once

#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace respgres::bench {

// How long after its commit was acknowledged to the writer a key was gone from Redis.
struct delays {
    std::vector<double> milliseconds;   // ascending; below 0: the key was gone before the writer knew
    std::size_t missed = 0;             // commits whose key was not seen to go within a second
    double commits_per_second = 0;
};

// Updates rows of table items(id, name), each on its turn, `rate` a second over `writers` connections, and listens to Redis' keyspace notifications. Before
// each commit its key item:ID is set in Redis, so that dropping it is an event. A proxy must follow the change stream.
delays measure_delays(tests::postgres_server& postgres, tests::redis_server& redis, unsigned rate, unsigned writers,
                      std::chrono::seconds length);

}  // namespace respgres::bench
