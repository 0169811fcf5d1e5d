#pragma once

#include "conf/values/text.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::conf {

// "500ms", "5s", "1m", "1h", "1d"; only zero needs no unit. A leading '-' is read, for the range check to refuse.
complaint read_duration(std::string_view text, std::chrono::milliseconds& out);

// "64KiB", "16MiB", "1GiB" or "512B".
complaint read_size(std::string_view text, std::int64_t& bytes);

// In the largest unit that holds the value without a rest: "90s", "1h", "16MiB".
std::string show_duration(std::int64_t milliseconds);
std::string show_size(std::int64_t bytes);

}  // namespace respgres::conf
