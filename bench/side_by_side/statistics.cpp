#include "bench/side_by_side/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace respgres::side_by_side {

double quantile(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) return 0;
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

quartiles quartiles_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

std::vector<double> ratios(const std::vector<double>& values, const std::vector<double>& divisors) {
    std::vector<double> result;
    for (std::size_t i = 0; i < std::min(values.size(), divisors.size()); ++i)
        if (divisors[i] > 0) result.push_back(values[i] / divisors[i]);
    return result;
}

}  // namespace respgres::side_by_side
