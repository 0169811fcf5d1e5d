#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Slows down who guesses passwords: of the attempts that one address makes three at once are free, then each takes its turn, three a second. Pure: the
// time is a parameter. Not thread-safe.
class attempt_limiter {
public:
    using clock = std::chrono::steady_clock;

    // How long an attempt has to wait before its password is looked at. It counts from now on.
    clock::duration reserve(std::string_view address, clock::time_point now);
    // It was right: it does not count.
    void forgive(std::string_view address);

    std::size_t size() const { return free_at_.size(); }

    static constexpr std::chrono::milliseconds period{333};
    static constexpr int free_attempts = 3;
    static constexpr std::size_t most_addresses = 10'000;

private:
    void forget(clock::time_point now);

    std::map<std::string, clock::time_point, std::less<>> free_at_;  // when an address has used up what its attempts cost
};

}  // namespace respgres::proxy
