#pragma once

#include "backends/counter.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "backends/redis/link_stats.hpp"
#include "proxy/metrics/mapping_stats.hpp"
#include "proxy/metrics/near_stats.hpp"
#include "proxy/metrics/rule_stats.hpp"

#include <cstddef>
#include <vector>

namespace respgres::proxy {

// What clients asked of one worker. Written by that worker, read by the admin thread.
struct front_stats {
    backends::counter commands;          // all, also those refused
    backends::counter local;             // answered by the proxy itself
    backends::counter forwarded;         // sent to Redis unchanged, on keys that no mapping declares
    backends::counter mapped;            // on at least one mapped key
    backends::counter refused;           // answered with an error of the proxy's own (unknown, unsupported, read-only ...)
    backends::counter denied;            // of those refused: for want of authentication or of permissions
    backends::counter auth_failures;     // attempts to authenticate that failed
    backends::counter protocol_errors;   // connections closed because what came was no RESP
    backends::counter tls_handshakes;    // clients let in through TLS
    backends::counter tls_failures;      // handshakes that failed or took too long
    backends::gauge buffer_bytes;        // clients' input and output buffers, as of the last look
};

// All that one worker counts. Its address stays the same from start to end.
struct worker_stats {
    explicit worker_stats(std::size_t mapping_count) : mappings(mapping_count) {}

    front_stats front;
    redis::link_stats redis;
    near_stats near;
    rule_stats rules;                                 // of commands
    const postgres::pool_stats* postgres = nullptr;   // set before the admin thread starts
    std::vector<mapping_stats> mappings;              // by mapping::index
};

}  // namespace respgres::proxy
