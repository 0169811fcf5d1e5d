#pragma once

#include "tests/consistency/modes.hpp"
#include "tests/consistency/options.hpp"
#include "tests/consistency/relay.hpp"
#include "tests/consistency/setbacks.hpp"
#include "tests/consistency/standby.hpp"
#include "tests/consistency/workload.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace respgres::tests::consistency {

// The servers of a run: PostgreSQL with the items, Redis, where faults need it a relay before it and a replica, and two proxies where the mode has any.
// Not thread-safe: once the run has begun, only the thread of the faults may touch it.
class platform {
public:
    static constexpr std::size_t proxy_count = 2;

    platform(const options& chosen, const mode& how, bool with_relay);

    addresses where() const;
    bool has_relay() const { return relay_.has_value(); }

    postgres_server postgres;
    std::unique_ptr<redis_server> master;
    std::unique_ptr<redis_server> replica;  // with a relay only
    std::vector<std::unique_ptr<proxy_process>> proxies;
    relay& before_redis() { return *relay_; }
    setbacks gone_back;

    // The roles are exchanged: what was the replica answers at Redis' address. As Sentinel does it the old master ends its connections in the step that makes it a
    // replica, so that nobody reads over them what it gets from its new master.
    void make_replica_master();
    // The replica has all that the master has; throws if it does not come to that.
    void wait_for_replica();

private:
    void make_old();
    proxy_config config(const options& chosen, const mode& how) const;
    std::uint16_t redis_port() const { return relay_ ? relay_->port() : master->port(); }

    std::optional<relay> relay_;
    std::optional<standby> standby_;
};

}  // namespace respgres::tests::consistency
