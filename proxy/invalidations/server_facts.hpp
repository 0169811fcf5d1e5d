#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/session.hpp"
#include "conf/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace respgres::proxy {

// What the server has and allows, as far as the change stream needs it.
struct server_facts {
    struct publication_fact {
        bool exists = false;
        bool all_tables = false;
        bool inserts = false, updates = false, deletes = false, truncates = false;
        bool ours = false;                 // we may alter it
    };
    struct slot_fact {
        bool exists = false;
        bool logical = false;
        std::string plugin;
        bool in_this_database = false;
        bool lost = false;                 // invalidated by max_slot_wal_keep_size
    };

    std::string wal_level;
    std::string role, quoted_role;
    std::string database, quoted_database;
    std::string quoted_publication;
    bool is_superuser = false;
    bool may_replicate = false;            // REPLICATION, or superuser
    bool may_create = false;               // CREATE in the database: publications
    bool is_standby = false;
    bool free_slot = false;                // max_replication_slots is not used up
    bool event_trigger = false;            // the one of `respgres setup` is there, enabled
    publication_fact publication;
    slot_fact slot;
};

// Errors: the connection's, and those of questions to the catalogue. `over` must live until it completes.
boost::asio::awaitable<backends::outcome<server_facts>> read_server_facts(postgres::session& over, conf::freshness_settings freshness,
                                                                          postgres::session::time_point limit);

}  // namespace respgres::proxy
