#include "proxy/values/commands/zset_range.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace respgres::proxy::commands {

namespace {

struct score_bound {
    double score;
    bool is_left_out;
};

std::optional<score_bound> parse_score_bound(std::string_view text) {
    const bool is_left_out = text.starts_with('(');
    const std::string number(text.substr(is_left_out ? 1 : 0));
    char* end = nullptr;
    const double score = std::strtod(number.c_str(), &end);
    if (*end != '\0' || std::isnan(score))   // behind a NUL byte Redis does not look
        return std::nullopt;
    return score_bound{score, is_left_out};
}

std::optional<lex_bound> parse_lex_bound(std::string_view text) {
    using place = lex_bound::place;
    const std::string_view behind = text.substr(text.empty() ? 0 : 1);
    const bool ends_there = behind.empty() || behind.front() == '\0';
    switch (text.empty() ? '\0' : text.front()) {
        case '-': return ends_there ? std::optional(lex_bound{place::below_all, {}, true}) : std::nullopt;
        case '+': return ends_there ? std::optional(lex_bound{place::above_all, {}, true}) : std::nullopt;
        case '(': return lex_bound{place::at, behind, true};
        case '[': return lex_bound{place::at, behind, false};
        default: return std::nullopt;
    }
}

// Negative: a is below b.
int compare(const lex_bound& a, const lex_bound& b) {
    if (a.where != b.where) return a.where < b.where ? -1 : 1;
    return a.where == lex_bound::place::at ? a.member.compare(b.member) : 0;
}

}  // namespace

std::optional<score_range> parse_score_range(std::string_view min, std::string_view max) {
    const auto low = parse_score_bound(min);
    const auto high = low ? parse_score_bound(max) : std::nullopt;
    if (!high) return std::nullopt;
    return score_range{low->score, high->score, low->is_left_out, high->is_left_out};
}

std::size_t first_in_range(const zset_value& zset, const score_range& range) {
    const auto found = std::ranges::partition_point(zset.members, [&](const auto& each) { return !range.is_above_min(each.second); });
    return static_cast<std::size_t>(found - zset.members.begin());
}

std::size_t first_above_range(const zset_value& zset, const score_range& range) {
    const auto found = std::ranges::partition_point(zset.members, [&](const auto& each) { return range.is_below_max(each.second); });
    // A range whose minimum is above its maximum holds nothing.
    return std::max(static_cast<std::size_t>(found - zset.members.begin()), first_in_range(zset, range));
}

bool lex_range::is_empty() const {
    const int order = compare(min, max);
    return order > 0 || (order == 0 && (min.is_left_out || max.is_left_out));
}

std::optional<lex_range> parse_lex_range(std::string_view min, std::string_view max) {
    const auto low = parse_lex_bound(min);
    const auto high = low ? parse_lex_bound(max) : std::nullopt;
    if (!high) return std::nullopt;
    return lex_range{*low, *high};
}

}  // namespace respgres::proxy::commands
