#pragma once

#include "backends/postgres/pool.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/key_pattern.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// A mapping ready for use: pattern compiled, query rewritten to $n parameters. Immutable once built.
struct mapping {
    conf::mapping_settings settings;
    key_pattern pattern;
    postgres::statement statement;               // name "respgres_<mapping>"
    std::vector<std::size_t> parameters;         // for $1, $2 ...: the index of the capture that is bound to it
    std::size_t index = 0;                       // position in the table; metrics are kept by it
    bool follows_changes = false;                // its keys are dropped by the change stream, and reads are gated by `bound`
    bool is_wide = false;                        // of those that follow changes: nearly every change concerns all of its keys
    bool keeps_registry = false;                 // Redis has a set of its filled keys, since a change or a rule concerns all of them
    std::chrono::milliseconds bound{0};          // how far an answer may lag behind what was committed

    // How far an answer may lag behind in all: drops may wait to be one.
    std::chrono::milliseconds age_bound() const { return bound + coalesce(); }
    std::chrono::milliseconds coalesce() const { return std::chrono::milliseconds(settings.coalesce_ms.value); }
    bool redis_is_primary() const { return settings.primary.value == conf::primary_source::redis; }
};

}  // namespace respgres::proxy
