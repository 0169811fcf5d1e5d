#pragma once

#include "backends/postgres/pool.hpp"
#include "proxy/mappings/mapping.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace respgres::proxy {

// The query that fills many keys of a mapping at once, as PostgreSQL takes it.
struct batch_form {
    std::optional<postgres::statement> statement;
    std::string why_not;  // nothing to run: the reason
    bool is_final = true;  // nothing to run: PostgreSQL said so; false: it could not be asked
};

// Asks PostgreSQL for the types of the parameters, and whether the batch can be prepared and gives the columns of the lone query. `source` and `pool` must live
// until it completes. Never fails otherwise than by `why_not`.
boost::asio::awaitable<batch_form> derive_batch(postgres::pool& pool, const mapping& source,
                                                std::chrono::steady_clock::time_point deadline);

}  // namespace respgres::proxy
