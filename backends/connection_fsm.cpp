#include "backends/connection_fsm.hpp"

namespace respgres::backends {

connection_fsm::action connection_fsm::resume(event what, bool stopping, time_point now, double random) {
    if (stopping) return finish{};
    switch (what) {
        case event::started:
        case event::rested: return open_within_limit(now);
        case event::connect_failed: return rest_from(now, random);
        case event::connected: connected_at_ = now; return serve{};
        case event::broken:
            if (now - connected_at_ < limits_.reconnect_max) return rest_from(now, random);
            backoff_.reset();
            return open_within_limit(now);
    }
    return finish{};
}

}  // namespace respgres::backends
