#pragma once

#include "backends/backoff.hpp"

#include <chrono>
#include <variant>

namespace respgres::backends {

// What keeps one connection to a server does over its life: connect, serve until the connection breaks, connect again. No I/O, no clock.
//
// A connection that lived for at least `reconnect_max` is replaced at once; one that broke sooner counts as a failed attempt, so that a
// server which accepts and then closes is not hammered.
class connection_fsm {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct settings {
        std::chrono::milliseconds connect_timeout;
        std::chrono::milliseconds reconnect_max;
    };

    enum class event { started, connected, connect_failed, broken, rested };

    struct open {
        time_point limit;
    };       // answer with connected or connect_failed
    struct serve {};                         // answer with broken
    struct rest {
        time_point until;
    };       // answer with rested
    struct finish {};                        // the end; never resumed again
    using action = std::variant<open, serve, rest, finish>;

    explicit connection_fsm(settings limits) : limits_(limits), backoff_(limits.reconnect_max) {}

    // `random` in [0, 1) spreads the waits. With `stopping` set the answer is finish, whatever happened.
    action resume(event what, bool stopping, time_point now, double random);

private:
    action open_within_limit(time_point now) const { return open{now + limits_.connect_timeout}; }
    action rest_from(time_point now, double random) { return rest{now + backoff_.next(random)}; }

    settings limits_;
    backoff backoff_;
    time_point connected_at_{};
};

}  // namespace respgres::backends
