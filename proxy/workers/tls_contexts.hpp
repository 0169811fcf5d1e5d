#pragma once

#include "backends/net/tls_context.hpp"
#include "conf/settings.hpp"

#include <memory>

namespace respgres::proxy {

// Whom the proxy speaks TLS with: null where it does not.
struct tls_contexts {
    std::shared_ptr<const net::tls_context> clients;
    std::shared_ptr<const net::tls_context> redis;
};

// Reads the certificates that the configuration names; appends what is wrong with them to `found`, and what is not right but can be used, to `warnings`.
tls_contexts load_tls(const conf::settings& settings, conf::problems& found, conf::problems& warnings);

}  // namespace respgres::proxy
