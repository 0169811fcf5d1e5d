#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace respgres::tests {

// Waits until `condition()` holds, looking each millisecond; throws std::runtime_error that names `what` after `limit`.
// For conditions that another process or thread brings about. There is no "let it happen" sleep in the tests.
template <class Condition>
void eventually(std::string_view what, Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("not within " + std::to_string(limit.count()) + " ms: " + std::string(what));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace respgres::tests
