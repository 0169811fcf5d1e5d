#include "proxy/metrics/error_bound.hpp"

#include <algorithm>
#include <cmath>

namespace respgres::proxy {

std::optional<double> upper_error_bound(std::uint64_t looked_at, std::uint64_t wrong) {
    if (looked_at == 0) return std::nullopt;
    double most = 3;
    if (wrong > 0) {
        constexpr double quantile_of_normal = 1.6448536;   // 0.95
        const double freedom = 2 * (static_cast<double>(wrong) + 1);
        const double ninth = 2 / (9 * freedom);
        most = freedom * std::pow(1 - ninth + quantile_of_normal * std::sqrt(ninth), 3) / 2;
    }
    return std::min(1.0, most / static_cast<double>(looked_at));
}

}  // namespace respgres::proxy
