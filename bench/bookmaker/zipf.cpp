#include "bench/bookmaker/zipf.hpp"

#include <cmath>
#include <stdexcept>

namespace respgres::bookmaker {

namespace {

// Prime and above 2^31.9, so rank -> rank * stride mod count is a bijection for every count but itself.
constexpr std::uint64_t stride = 4'294'967'291;

}  // namespace

zipf::zipf(std::uint64_t count, double exponent) {
    if (count == 0 || count >= stride) throw std::invalid_argument("zipf: count must be in 1 .. 4294967290");

    std::vector<double> weights(count);
    double sum = 0;
    for (std::uint64_t rank = 0; rank < count; ++rank) sum += weights[rank] = std::pow(static_cast<double>(rank + 1), -exponent);

    columns_.resize(count);
    std::vector<std::uint32_t> small, large;
    for (std::uint32_t rank = 0; rank < count; ++rank) {
        weights[rank] *= static_cast<double>(count) / sum;   // now 1 on average
        (weights[rank] < 1 ? small : large).push_back(rank);
    }
    while (!small.empty() && !large.empty()) {
        const std::uint32_t poor = small.back(), rich = large.back();
        small.pop_back();
        columns_[poor] = {static_cast<float>(weights[poor]), rich};
        weights[rich] -= 1 - weights[poor];
        if (weights[rich] < 1) {
            large.pop_back();
            small.push_back(rich);
        }
    }
    for (const auto& rest : {small, large})                  // their weights are 1, but for rounding
        for (const std::uint32_t rank : rest) columns_[rank] = {1, rank};
}

std::int64_t zipf::draw(random_stream& random) const {
    const std::uint64_t rank = random.below(columns_.size());
    const column& chosen = columns_[rank];
    return id_of_rank(random.uniform() < static_cast<double>(chosen.keep) ? rank : chosen.other);
}

std::int64_t zipf::id_of_rank(std::uint64_t rank) const {
    return static_cast<std::int64_t>((rank + 1) * stride % columns_.size()) + 1;
}

}  // namespace respgres::bookmaker
