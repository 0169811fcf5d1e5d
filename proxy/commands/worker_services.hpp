#pragma once

#include "backends/redis/client.hpp"
#include "backends/redis/dedicated_pool.hpp"
#include "backends/redis/link_set.hpp"
#include "conf/settings.hpp"
#include "proxy/clients/client_registry.hpp"
#include "proxy/fills/fill_engine.hpp"
#include "proxy/freshness/link_gates.hpp"
#include "proxy/lookups/mapped_read.hpp"
#include "proxy/lookups/near_reads.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/metrics/stats_hub.hpp"
#include "proxy/near/near_cache.hpp"
#include "proxy/near/near_keys.hpp"
#include "proxy/rules/command_drops.hpp"
#include "proxy/sessions/session.hpp"
#include "proxy/users/authenticator.hpp"
#include "proxy/users/redis_identities.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace respgres::proxy {

// What the commands of one worker's clients may use. References to parts of that worker, and to what the whole process shares without changing it.
struct worker_services {
    boost::asio::any_io_executor executor;
    const conf::settings& settings;
    const mapping_table& mappings;
    redis::link_set& links;
    redis::dedicated_pool& dedicated;
    link_gates& gates;
    redis::client& redis;  // for the proxy's own commands, on the mapped keys' database
    fill_engine& fills;
    mapped_reads& reads;
    proxy::near_reads& near_reads;
    near_cache& near;
    const proxy::near_keys& near_keys;
    command_drops& drops;
    client_registry& clients;
    authenticator& auth;
    redis_identities& identities;
    worker_stats& stats;
    const stats_hub& hub;
};

// The settings of a dedicated connection for a client; null: the proxy's own.
inline const conf::redis_settings* settings_of(const session& client) {
    return client.at_redis() != nullptr ? &client.at_redis()->settings : nullptr;
}

// The connections that a client's own commands take: those of its user where Redis knows who it is, so that Redis' ACL holds. What the proxy does on its
// own account takes services.links.
inline redis::link_set& links_of(worker_services& services, const session& client) {
    redis_identity* const own = client.at_redis();
    return own != nullptr ? own->links : services.links;
}

}  // namespace respgres::proxy
