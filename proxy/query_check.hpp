#pragma once

#include "backends/net/tls_context.hpp"
#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <memory>
#include <string>
#include <vector>

namespace respgres::proxy {

// What PostgreSQL says of the mappings' queries.
struct query_report {
    bool reachable = false;
    std::string why;                     // PostgreSQL cannot be reached: its own words
    conf::problems found;  // queries that do not prepare, columns that do not fit the shape, a batch_max that PostgreSQL does not take
    conf::problems warnings;  // queries that would be run for several keys at once, if PostgreSQL took that
    // Of each mapping that prepared, in the order of the table: "limit bigint" for each parameter, "id bigint" for each column.
    struct prepared {
        const mapping* source;
        std::vector<std::string> parameters;
        std::vector<postgres::column> columns;
    };
    std::vector<prepared> queries;
};

// Connects to PostgreSQL and prepares every query. Blocks, at most the connect time limit and a second per query; for start and `respgres check`.
query_report check_queries(const conf::settings& settings, const mapping_table& mappings);

// Whether Redis answers (`tls` for a rediss:// url); its words why not, empty if it does. Blocks for at most the connect time limit.
std::string redis_problem(const conf::redis_settings& redis, std::shared_ptr<const net::tls_context> tls);

}  // namespace respgres::proxy
