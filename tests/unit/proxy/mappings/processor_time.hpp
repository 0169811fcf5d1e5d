#pragma once

#include <ctime>

namespace respgres::tests {

// This thread's processor time in seconds: what others do on the machine does not count.
inline double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace respgres::tests
