#pragma once

#include <cstddef>
#include <vector>

namespace respgres::side_by_side {

struct quartiles {
    double low = 0;      // a quarter of the values lie below
    double median = 0;
    double high = 0;
};

// The value that the part `part` (0..1) of the values does not pass, interpolated between neighbours; 0 when there are none.
double quantile(const std::vector<double>& sorted, double part);

quartiles quartiles_of(std::vector<double> values);

// Element by element; where the divisor is 0 (nothing was measured) the pair is left out.
std::vector<double> ratios(const std::vector<double>& values, const std::vector<double>& divisors);

}  // namespace respgres::side_by_side
