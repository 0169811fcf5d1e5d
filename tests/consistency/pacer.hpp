#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace respgres::tests::consistency {

// Keeps a thread's steps to a rate; time that was lost is not made up for. Rate 0: without a limit.
class pacer {
public:
    explicit pacer(double per_second) : step_(per_second <= 0 ? 0 : 1e9 / per_second) {}

    // Waits until `steps` more are due.
    void wait(double steps = 1) {
        const auto now = std::chrono::steady_clock::now();
        if (next_ < now) next_ = now;
        std::this_thread::sleep_until(next_);
        next_ += std::chrono::nanoseconds(static_cast<std::int64_t>(step_ * steps));
    }

private:
    double step_;   // ns
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace respgres::tests::consistency
