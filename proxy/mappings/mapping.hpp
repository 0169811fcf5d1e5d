#pragma once

#include "backends/postgres/pool.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/key_pattern.hpp"

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

    bool redis_is_primary() const { return settings.primary.value == conf::primary_source::redis; }
};

}  // namespace respgres::proxy
