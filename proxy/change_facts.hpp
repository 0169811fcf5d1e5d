#pragma once

#include "backends/errors.hpp"
#include "conf/settings.hpp"
#include "proxy/invalidations/server_facts.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>

namespace respgres::proxy {

// What PostgreSQL says of the tables behind the mappings, and of itself.
struct change_facts {
    table_facts tables;
    server_facts server;
};

// A connection of ours that may write: temporary views, and what setup makes.
postgres::session_settings setup_session(const conf::settings& settings);

// Over a connection that is open. `settings` and `mappings` must live until it completes.
boost::asio::awaitable<backends::outcome<change_facts>> ask_change_facts(postgres::session& over, const conf::settings& settings,
                                                                         const mapping_table& mappings);

// The same with a connection and a context of its own. Blocks: at most the connect time limit, and a second per mapping and two more.
backends::outcome<change_facts> read_change_facts(const conf::settings& settings, const mapping_table& mappings);

// Runs `work` to its end on a context of its own, and throws on what it throws.
void run_alone(boost::asio::io_context& context, boost::asio::awaitable<void> work);

}  // namespace respgres::proxy
