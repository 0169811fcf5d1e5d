#pragma once

#include "backends/errors.hpp"
#include "backends/redis/refusal.hpp"
#include "backends/redis/reply.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace respgres::redis {

// One step of SCAN, SSCAN and the like: what was found, and where the next begins ("0": that was the end).
struct scan_step {
    std::string cursor;
    std::vector<std::string> found;
};

// Errors: server_error, see refusal().
inline backends::outcome<scan_step> read_scan_step(const redisReply& told) {
    if (told.type != REDIS_REPLY_ARRAY || told.elements != 2) return refusal(told);
    const redisReply& found = *told.element[1];
    scan_step step;
    step.cursor = text_of(*told.element[0]);
    step.found.reserve(found.elements);
    for (std::size_t i = 0; i < found.elements; ++i) step.found.emplace_back(text_of(*found.element[i]));
    return step;
}

}  // namespace respgres::redis
