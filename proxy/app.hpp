#pragma once

#include "conf/settings.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/rules/drop_rules.hpp"
#include "proxy/users/user_table.hpp"
#include "proxy/workers/tls_contexts.hpp"

#include <memory>

namespace respgres::proxy {

// Runs the proxy until SIGTERM or SIGINT. Returns the process's exit code: 0 after an orderly end, 2 when an address cannot be bound. `facts`: what the followed
// mappings read; null if PostgreSQL has not told. The references must outlive it.
int serve(const conf::settings& settings, const tls_contexts& tls, std::shared_ptr<const mapping_table> mappings, const drop_rules& rules,
          user_table users, std::shared_ptr<const table_facts> facts);

}  // namespace respgres::proxy
