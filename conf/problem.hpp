#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::conf {

// Where something stands in a configuration file. Line and column count from 1; 0 = the file as a whole.
struct position {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

// One thing that is wrong with a configuration, in words that say what to do.
struct problem {
    position where;
    std::string message;
};

// "file:line:column: message", the form that editors and compilers share; parts that are not known are left out.
std::string to_string(const problem& problem);

using problems = std::vector<problem>;

// The candidate that is most like `word` (edit distance, at most a third of its length away), or empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace respgres::conf
