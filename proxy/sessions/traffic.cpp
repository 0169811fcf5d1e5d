#include "proxy/sessions/traffic.hpp"

#include <cassert>
#include <utility>

namespace respgres::proxy {

namespace {

constexpr std::size_t kept = 1024;               // that wait for the next session
constexpr std::size_t kept_bytes = 16 * 1024;    // of each

}  // namespace

std::unique_ptr<traffic> traffic_pool::take() {
    assert(nothing_.is_over());
    if (free_.empty()) return std::make_unique<traffic>();
    auto taken = std::move(free_.back());
    free_.pop_back();
    return taken;
}

void traffic_pool::give_back(std::unique_ptr<traffic> used) {
    if (free_.size() >= kept || used->memory() > kept_bytes) return;
    free_.push_back(std::move(used));
}

}  // namespace respgres::proxy
