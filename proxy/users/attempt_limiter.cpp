#include "proxy/users/attempt_limiter.hpp"

#include <algorithm>

namespace respgres::proxy {

attempt_limiter::clock::duration attempt_limiter::wait_of(std::string_view address, clock::time_point now) const {
    const auto found = free_at_.find(address);
    if (found == free_at_.end()) return clock::duration::zero();
    return std::max(clock::duration::zero(), found->second - now - (free_failures - 1) * clock::duration(period));
}

void attempt_limiter::note_failure(std::string_view address, clock::time_point now) {
    if (free_at_.size() >= most_addresses) forget(now);
    auto& free_at = free_at_.try_emplace(std::string(address), now).first->second;
    free_at = std::max(free_at, now) + period;
}

// Those that owe nothing any more; if that is not enough, all: who has so many addresses is not slowed down by this.
void attempt_limiter::forget(clock::time_point now) {
    std::erase_if(free_at_, [now](const auto& each) { return each.second <= now; });
    if (free_at_.size() >= most_addresses) free_at_.clear();
}

}  // namespace respgres::proxy
