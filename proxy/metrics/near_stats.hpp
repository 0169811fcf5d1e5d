#pragma once

#include "backends/counter.hpp"

namespace respgres::proxy {

// Of one worker's near cache. Written by that worker, read by the admin thread.
struct near_stats {
    backends::gauge bytes;
    backends::gauge keys;
    backends::gauge links;               // 1 while its connection to Redis is up
    backends::counter hits;
    backends::counter misses;
    backends::counter bypasses;          // reads that went past it
    backends::counter stores;
    backends::counter rejected_stores;   // the key was changed between the reply and its time to live
    backends::counter evictions;
    backends::counter invalidations;     // replies whose key Redis named
    backends::counter clears;
};

}  // namespace respgres::proxy
