#pragma once

#include "bench/side_by_side/results.hpp"

#include <string>
#include <vector>

namespace respgres::side_by_side {

// The table in Markdown: a line per workload and lane.
std::string markdown(const std::vector<summary>& lines, const std::vector<std::string>& processes);

// The same with all figures, a header line first.
std::string csv(const std::vector<summary>& lines, const std::vector<std::string>& processes);

}  // namespace respgres::side_by_side
