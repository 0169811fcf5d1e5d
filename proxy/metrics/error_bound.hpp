#pragma once

#include <cstdint>
#include <optional>

namespace respgres::proxy {

// The greatest part of reads that can be wrong, with 95 % confidence, when `wrong` of `looked_at` samples were: no part above it would
// give as few wrong samples in more than one of twenty such series. nullopt without samples.
//
// None wrong: 3 / n, the rule of three (Hanley, Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249(13), 1983). Else
// the upper limit of a Poisson mean, half the 0.95 quantile of chi-square with 2 (wrong + 1) degrees of freedom (Garwood, Biometrika 28,
// 1936), in the approximation of Wilson and Hilferty (PNAS 17, 1931), which is right within half a per cent here.
std::optional<double> upper_error_bound(std::uint64_t looked_at, std::uint64_t wrong);

}  // namespace respgres::proxy
