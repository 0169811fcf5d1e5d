#pragma once

#include "backends/postgres/pool.hpp"
#include "proxy/mappings/mapping.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace respgres::proxy {

// How many keys one query of this mapping may fill: batch_max, or by itself 64 if every capture is compared with a column (`column = :capture`), else 1. A query of another
// form may read much for each key, and its keys are better asked for beside each other.
std::size_t batch_limit(const mapping& source);

// The query that fills many keys at once: it takes an array for each parameter of `single`, and gives the number of the key (1 ...) before the columns of
// `single`. PostgreSQL runs `single` for each key (LATERAL) as it would alone, so this is right for every query: those with LIMIT, ORDER BY and aggregates too.
// `parameters`: how many `single` has, at least one.
std::string batch_sql(std::string_view single, std::size_t parameters);

// The name under which it is prepared.
std::string batch_name(const mapping& source);

// One array as PostgreSQL reads it, of elements that hold no NUL.
std::string array_literal(std::span<const std::string_view> elements);

}  // namespace respgres::proxy
