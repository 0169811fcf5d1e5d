#pragma once

#include "conf/settings.hpp"
#include "proxy/mappings/mapping_table.hpp"

namespace respgres::proxy {

// Prints, as SQL for psql, what PostgreSQL still lacks for the change stream; what is the user's to decide stands in comments. With `apply` it runs the
// rest and says of each statement whether it went well. Exit code: 0; 1 when PostgreSQL cannot be reached, a statement failed, or something that the change
// stream cannot do without is left to the user.
int set_up(const conf::settings& settings, const mapping_table& mappings, bool apply);

}  // namespace respgres::proxy
