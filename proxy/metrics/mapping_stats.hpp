#pragma once

#include "backends/counter.hpp"
#include "proxy/metrics/latency_histogram.hpp"

namespace respgres::proxy {

// What happened to the keys of one mapping on one worker. Written by that worker, read by the admin thread.
struct mapping_stats {
    backends::counter hits;              // reads that Redis or the near cache answered
    backends::counter near_hits;         // of these: the near cache
    backends::counter misses;            // reads of a key that Redis did not hold
    backends::counter negative_hits;     // misses that a remembered "no row" answered
    backends::counter fills;             // keys that PostgreSQL was asked for
    backends::counter batches;           // queries for several keys at once
    backends::counter batched_keys;      // keys that these asked for
    backends::counter split_batches;     // of these queries: failed, and run again for each key
    backends::counter fill_errors;       // queries that failed, whatever the reason
    backends::counter fill_timeouts;     // of these: cancelled after fill_timeout
    backends::counter joined;            // reads that waited for a fill that another read had begun
    backends::counter lease_waits;       // fills that waited because another proxy held the lease
    backends::counter rejected_stores;   // values that were not stored because the key was invalidated meanwhile
    backends::counter bypasses;          // fills answered without being stored, because Redis could not be asked (fail open)
    backends::counter refreshes;         // fills in the background, ahead of expiry or while stale
    backends::counter stale_served;      // hits past the TTL, within stale_while_revalidate
    backends::counter invalid_captures;  // keys whose captures do not convert
    backends::counter refused_writes;
    backends::counter writes;            // to keys whose primary is Redis
    backends::counter invalidations;     // keys dropped by DEL, UNLINK or PROXY INVALIDATE
    backends::counter audit_verified;    // audits that found Redis to hold what the query gives
    backends::counter audit_violations;  // audits that proved Redis to hold a value that a change should have dropped
    backends::counter audit_gone;        // audits without a verdict: the key changed or went meanwhile
    backends::counter audit_failed;      // audits without a verdict: Redis, PostgreSQL or the watermark did not come in time
    backends::counter filled_bytes;      // payload of the values that fills made
    latency_histogram fill_latency;      // from the query's start (wait for a connection included) to its last row
};

}  // namespace respgres::proxy
