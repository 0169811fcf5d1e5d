#pragma once

#include "backends/net/tls_context.hpp"
#include "conf/settings.hpp"

#include <memory>

namespace respgres::net {

// A context as the configuration describes it, and what is wrong with the files, each at its option's place.
struct tls_loaded {
    std::shared_ptr<const tls_context> context;   // null if there are problems, or if nothing is to speak TLS
    conf::problems found;
    conf::problems warnings;                      // certificates that have expired, or are not valid yet: they are used all the same
};

// The clients' side, of [tls], if a port of [server] speaks TLS.
tls_loaded load_server_tls(const conf::server_settings& server, const conf::tls_settings& tls);
// Redis' side, of [redis], if its url is rediss://.
tls_loaded load_client_tls(const conf::redis_settings& redis);

}  // namespace respgres::net
