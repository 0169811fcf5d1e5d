#pragma once

#include <chrono>

namespace respgres::backends {

// How long to wait before the next attempt: doubles from `base` up to `maximum`, one half of it certain and one half by chance, so that
// the many who lost one server do not come back to it at the same moment. Pure: the chance is a parameter.
class backoff {
public:
    using duration = std::chrono::microseconds;

    explicit backoff(duration maximum, duration base = std::chrono::milliseconds(10)) : base_(base), maximum_(maximum), delay_(base) {}

    // `random` is in [0, 1). The wait after this failure, in [d / 2, d) for d = base, 2 base, 4 base ... maximum.
    duration next(double random);
    // After a success: the next wait is the shortest again.
    void reset() { delay_ = base_; }

private:
    duration base_;
    duration maximum_;
    duration delay_;
};

}  // namespace respgres::backends
