#pragma once

#include <algorithm>
#include <chrono>

namespace respgres::proxy {

// How many audits may begin: a token bucket that fills with time. Pure: time is a parameter. It starts empty and saves up one second's
// tokens at most, but always one.
class audit_bucket {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // 0 = never a token.
    explicit audit_bucket(double per_second) : per_second_(per_second) {}

    void refill(time_point now) {
        if (last_ != time_point{}) {
            const double seconds = std::chrono::duration<double>(now - last_).count();
            tokens_ = std::min(tokens_ + seconds * per_second_, std::max(1.0, per_second_));
        }
        last_ = now;
    }
    bool has_one() const { return tokens_ >= 1; }
    void take() { tokens_ -= 1; }

private:
    double per_second_;
    double tokens_ = 0;
    time_point last_{};
};

}  // namespace respgres::proxy
