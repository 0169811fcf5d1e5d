#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/session.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace respgres::proxy {

// Whether changes of tables drop the mapping's keys: [freshness] source is "replication" and the mapping does not refuse.
bool follows_changes(const conf::settings& settings, const mapping& source);

// Asks PostgreSQL what each mapping that follows changes reads, and what there is to know of these tables. PostgreSQL derives it itself: each query becomes
// a temporary view, whose dependencies it keeps, and which is rolled back. That takes the right TEMPORARY in the database, and `over` must not be
// read_only. What is wrong with one mapping is told in its facts.
//
// Errors: the connection's, and those of questions to the catalogue. `settings`, `mappings` and `over` must live until it completes.
boost::asio::awaitable<backends::outcome<table_facts>> read_table_facts(postgres::session& over, const conf::settings& settings,
                                                                        const mapping_table& mappings, postgres::session::time_point limit);

}  // namespace respgres::proxy
