#pragma once

#include "proxy/values/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy::commands {

// Limits of a range of scores as ZRANGEBYSCORE and ZCOUNT take them: "(1" leaves 1 out, "-inf" and "+inf" are open.
struct score_range {
    double min;
    double max;
    bool leaves_min_out;
    bool leaves_max_out;

    bool is_above_min(double score) const { return leaves_min_out ? score > min : score >= min; }
    bool is_below_max(double score) const { return leaves_max_out ? score < max : score <= max; }
};

// Nothing: one of them is no number. Takes what Redis takes, which is what strtod takes (spaces in front, "0x10", "" as 0).
std::optional<score_range> parse_score_range(std::string_view min, std::string_view max);

// The first member that is not below the range, and the first that is above it; equal if there is none.
std::size_t first_in_range(const zset_value& zset, const score_range& range);
std::size_t first_above_range(const zset_value& zset, const score_range& range);

// Limits of a range of members as ZRANGE BYLEX takes them: "[a" and "(a", or "-" and "+" for below and above all.
struct lex_bound {
    enum class place : std::uint8_t { below_all, at, above_all };

    place where = place::at;
    std::string_view member = {};
    bool is_left_out = false;

    // How `other` stands to this bound: negative = below.
    int compare(std::string_view other) const { return where == place::at ? other.compare(member) : where == place::below_all ? 1 : -1; }
};

struct lex_range {
    lex_bound min;
    lex_bound max;

    bool is_above_min(std::string_view member) const { return min.compare(member) >= (min.is_left_out ? 1 : 0); }
    bool is_below_max(std::string_view member) const { return max.compare(member) <= (max.is_left_out ? -1 : 0); }
    // Empty whatever the members are.
    bool is_empty() const;
};

// Views into the arguments. Nothing: one of them does not begin with '[', '(', or is not "-" or "+".
std::optional<lex_range> parse_lex_range(std::string_view min, std::string_view max);

}  // namespace respgres::proxy::commands
