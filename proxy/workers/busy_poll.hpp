#pragma once

#include <chrono>
#include <cstdint>

namespace respgres::proxy {

// Whether a worker looks for work again and again, or sleeps until the kernel wakes it up, which takes longer than most answers. It looks for as long as clients
// have sent commands lately; so one that nobody uses costs nothing. Pure: time is a parameter.
class busy_poll {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // `lately`: 0 = it always sleeps.
    explicit busy_poll(std::chrono::milliseconds lately) : lately_(lately) {}

    bool is_on() const { return lately_.count() > 0; }
    // `commands`: how many were received up to now.
    bool keeps_looking(std::uint64_t commands, time_point now) {
        if (commands != commands_) {
            commands_ = commands;
            until_ = now + lately_;
        }
        return now < until_;
    }

private:
    std::chrono::milliseconds lately_;
    std::uint64_t commands_ = 0;
    time_point until_{};
};

}  // namespace respgres::proxy
