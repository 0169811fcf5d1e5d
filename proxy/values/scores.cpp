#include "proxy/values/scores.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace respgres::proxy {

std::optional<double> parse_score(std::string_view text) {
    double score = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // from_chars does not tell too large from too small.
        score = std::strtod(std::string(text).c_str(), nullptr);
        if (std::isinf(score)) return std::nullopt;
    }
    if (std::isnan(score)) return std::nullopt;
    return score + 0.0;   // -0 becomes 0
}

}  // namespace respgres::proxy
