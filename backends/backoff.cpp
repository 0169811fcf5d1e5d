#include "backends/backoff.hpp"

#include <algorithm>

namespace respgres::backends {

backoff::duration backoff::next(double random) {
    const auto delay = std::min(delay_, maximum_);
    delay_ = std::min(delay_ * 2, maximum_);
    const auto half = delay / 2;
    return half + duration(static_cast<duration::rep>(static_cast<double>(half.count()) * random));
}

}  // namespace respgres::backends
