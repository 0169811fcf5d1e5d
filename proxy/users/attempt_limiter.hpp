#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Slows down who guesses passwords: after three failures of one address its next attempts wait, a third of a second for each. What is right costs nothing, so
// that many clients of one host may connect at once. However many attempts are made side by side, in the long run three a second can fail. Pure: the
// time is a parameter. Not thread-safe.
class attempt_limiter {
public:
    using clock = std::chrono::steady_clock;

    // How long an attempt has to wait before its password is looked at.
    clock::duration wait_of(std::string_view address, clock::time_point now) const;
    void note_failure(std::string_view address, clock::time_point now);

    std::size_t size() const { return free_at_.size(); }

    static constexpr std::chrono::milliseconds period{333};
    static constexpr int free_failures = 3;
    static constexpr std::size_t most_addresses = 10'000;

private:
    void forget(clock::time_point now);

    std::map<std::string, clock::time_point, std::less<>> free_at_;  // when an address has made up for its failures
};

}  // namespace respgres::proxy
