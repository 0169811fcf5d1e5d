#pragma once

#include "conf/options/notes.hpp"
#include "conf/settings.hpp"
#include "conf/toml/node.hpp"

namespace respgres::conf {

// What no option shows alone: what options say together, and what urls and files hold. `table` gives the places; empty if the file
// has no such section.
void check_server(notes& found, const node& table, server_settings& server, const tls_settings& tls);
void check_tls(notes& found, const node& table, tls_settings& tls, const server_settings& server);
void check_admin(notes& found, admin_settings& admin, const server_settings& server);
void check_redis(notes& found, const node& table, redis_settings& redis);
void check_postgres(notes& found, const node& table, postgres_settings& postgres, bool is_required);
void check_mapping(notes& found, const node& table, const mapping_settings& mapping);

}  // namespace respgres::conf
