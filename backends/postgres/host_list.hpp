#pragma once

#include "backends/postgres/connect_parameters.hpp"

#include <optional>
#include <string>
#include <vector>

namespace respgres::postgres {

// The hosts of a URL, so that their names can be looked up without blocking the thread, as libpq would. Pure.
//
// libpq takes lists: host=a,b hostaddr=10.0.0.1,10.0.0.2 port=5432,5433. A name with two addresses becomes two entries with the same host (which
// TLS and the password file go by).
class host_list {
public:
    // nullopt when there is nothing to look up: addresses, Unix sockets, the user's own hostaddr, or no host at all.
    static std::optional<host_list> of(const connect_parameters& parameters);

    struct entry {
        std::string host;
        std::string port;  // empty = libpq's default
        bool is_name = false;
        std::vector<std::string> addresses;  // for a name: fill in what the lookup found
    };
    std::vector<entry> entries;

    // False, and nothing set, when no entry can be connected to.
    bool write_to(connect_parameters& parameters) const;
};

}  // namespace respgres::postgres
