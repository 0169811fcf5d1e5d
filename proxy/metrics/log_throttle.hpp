#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace respgres::proxy {

// Lets one message a second through and counts the others, so that what a client or a failing server repeats cannot fill the log's disk.
// Pure: the time is a parameter. One per kind of message and thread.
class log_throttle {
public:
    bool allows(std::chrono::steady_clock::time_point now) {
        if (now - last_ < period && last_ != std::chrono::steady_clock::time_point{}) {
            ++held_back_;
            return false;
        }
        last_ = now;
        return true;
    }

    // Behind the message that was let through: " (17 more like this)", or nothing.
    std::string suffix() {
        const std::uint64_t count = held_back_;
        held_back_ = 0;
        return count == 0 ? std::string() : " (" + std::to_string(count) + " more like this before)";
    }

private:
    static constexpr std::chrono::seconds period{1};

    std::chrono::steady_clock::time_point last_{};
    std::uint64_t held_back_ = 0;
};

}  // namespace respgres::proxy
