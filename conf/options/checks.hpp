#pragma once

#include "conf/options/notes.hpp"
#include "conf/settings.hpp"
#include "conf/toml/node.hpp"

#include <string>
#include <vector>

namespace respgres::conf {

// What no option shows alone: what options say together, and what urls and files hold. `table` gives the places; empty if the file
// has no such section.
//
// `requires_password`: nobody gets anything without one, so that other hosts may connect.
void check_server(notes& found, const node& table, server_settings& server, const tls_settings& tls, bool requires_password);
void check_tls(notes& found, const node& table, tls_settings& tls, const server_settings& server);
void check_auth(notes& found, const node& table, const auth_settings& auth);
// Whether a client that has not authenticated can do nothing.
bool requires_password(const auth_settings& auth, const std::vector<user_settings>& users);
void check_admin(notes& found, admin_settings& admin, const server_settings& server);
void check_redis(notes& found, const node& table, redis_settings& redis);
void check_postgres(notes& found, const node& table, postgres_settings& postgres, bool is_required);
// `file` as the configuration file `configuration` names it: relative to the folder of that.
std::string beside(const std::string& configuration, const std::string& file);
void check_near_cache(notes& found, const near_cache_settings& near);
void check_mapping(notes& found, const node& table, const mapping_settings& mapping);
// What only mappings that follow changes can ask for.
void check_followed(notes& found, const mapping_settings& mapping, const freshness_settings& freshness);
// `source`: that of [freshness].
void check_rule(notes& found, const node& table, const rule_settings& rule, freshness_source source);
// Whether source = "notify" has what it listens to.
void check_notifications(notes& found, const settings& all);

}  // namespace respgres::conf
