#pragma once

#include "conf/settings.hpp"
#include "proxy/invalidations/freshness_problems.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace respgres::proxy {

// One statement towards a server that tells its changes.
struct setup_step {
    enum class kind : std::uint8_t {
        run,       // --apply runs it
        optional,  // --apply runs it, and goes on without it
        advice,    // of the user's to decide: it changes his table, a role or the server
    };

    kind how = kind::run;
    std::string why;                 // a sentence
    std::vector<std::string> sql;    // without ';'; each on its own
    bool blocks = false;             // advice without which the change stream cannot work, or only without some tables
};

// What is still missing, in the order in which it must be done. Empty: nothing.
std::vector<setup_step> setup_plan(const conf::settings& settings, const mapping_table& mappings, const table_facts& facts,
                                   const server_facts& server);

}  // namespace respgres::proxy
