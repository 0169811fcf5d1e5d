#pragma once

#include <optional>
#include <string_view>

namespace respgres::proxy {

// A score of a sorted set from PostgreSQL's text of a number, rounded once to the nearest double; infinities are scores.
// Nothing for NaN, for what is no number and for what is beyond a double's range. What is too small for one becomes zero,
// and so does -0: Redis forgets its sign in small sorted sets and keeps it in large ones.
std::optional<double> parse_score(std::string_view text);

}  // namespace respgres::proxy
