#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/rules/drop_rules.hpp"
#include "proxy/users/user_table.hpp"
#include "proxy/workers/tls_contexts.hpp"

#include <memory>

namespace respgres::proxy {

// What the configuration file says, compiled.
struct configuration {
    conf::settings settings;
    std::shared_ptr<const mapping_table> mappings;
    drop_rules rules;
    user_table users;
    tls_contexts tls;
    conf::problems warnings;
};

// Runs the proxy until SIGTERM or SIGINT. Returns the process's exit code: 0 after an orderly end, 2 when an address cannot be bound. `facts`: what the followed
// mappings read; null if PostgreSQL has not told.
int serve(configuration configured, std::shared_ptr<const table_facts> facts);

}  // namespace respgres::proxy
