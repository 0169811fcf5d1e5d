#pragma once

#include <algorithm>
#include <chrono>

namespace respgres::proxy {

// How often a connection is asked how fresh it is, so that several questions may be lost or late before the bound is over.
inline std::chrono::milliseconds question_period(std::chrono::milliseconds bound) {
    using std::chrono::milliseconds;
    constexpr int questions_per_bound = 12;
    constexpr milliseconds shortest{4}, longest{1'000};
    return std::clamp(bound / questions_per_bound, shortest, longest);
}

}  // namespace respgres::proxy
