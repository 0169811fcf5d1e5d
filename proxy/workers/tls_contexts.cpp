#include "proxy/workers/tls_contexts.hpp"

#include "backends/net/tls_loading.hpp"

namespace respgres::proxy {

tls_contexts load_tls(const conf::settings& settings, conf::problems& found, conf::problems& warnings) {
    const net::tls_loaded clients = net::load_server_tls(settings.server, settings.tls);
    const net::tls_loaded redis = net::load_client_tls(settings.redis);
    for (const net::tls_loaded* loaded : {&clients, &redis}) {
        found.insert(found.end(), loaded->found.begin(), loaded->found.end());
        warnings.insert(warnings.end(), loaded->warnings.begin(), loaded->warnings.end());
    }
    return {clients.context, redis.context};
}

}  // namespace respgres::proxy
