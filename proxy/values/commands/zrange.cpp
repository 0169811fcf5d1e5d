// ZRANGE and its older forms, which are the same with some options fixed (zrangeGenericCommand of Redis; errors in its order).
#include "proxy/values/commands/command.hpp"
#include "proxy/values/commands/zset_range.hpp"

namespace respgres::proxy::commands {

namespace {

using members = std::vector<std::pair<std::string, double>>;

enum class range_by : std::uint8_t { rank, score, lex };

// Empty: the client may choose.
struct fixed_options {
    std::optional<range_by> by;
    std::optional<bool> is_reverse;
};

struct options {
    range_by by = range_by::rank;
    bool is_reverse = false;
    bool with_scores = false;
    std::int64_t offset = 0;
    std::int64_t limit = -1;   // negative: all
};

struct limits {
    std::int64_t offset;
    std::int64_t count;
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// As Redis compares options: without case, and as C strings, which end at a NUL byte.
bool is_option(std::string_view argument, std::string_view name) {
    return std::ranges::equal(argument.substr(0, argument.find('\0')), name, {}, lower);
}

// The two numbers behind LIMIT at `index`; nothing: the error is written.
std::optional<limits> read_limits(const request& r, std::size_t index) {
    const auto offset = integer_argument(r, index + 1);
    const auto count = offset ? integer_argument(r, index + 2) : std::nullopt;
    return count ? std::optional(limits{*offset, *count}) : std::nullopt;
}

// Nothing: the error is written.
std::optional<options> read_options(const request& r, const fixed_options& fixed) {
    options read{.by = fixed.by.value_or(range_by::rank), .is_reverse = fixed.is_reverse.value_or(false)};
    bool may_choose_by = !fixed.by;
    for (std::size_t i = 4; i < r.arguments.size(); ++i) {
        const std::string_view word = r.arguments[i];
        if (is_option(word, "withscores")) {
            read.with_scores = true;
        } else if (is_option(word, "limit") && i + 2 < r.arguments.size()) {
            const auto given = read_limits(r, i);
            if (!given) return std::nullopt;
            read.offset = given->offset;
            read.limit = given->count;
            i += 2;
        } else if (!fixed.is_reverse && !read.is_reverse && is_option(word, "rev")) {
            read.is_reverse = true;
        } else if (may_choose_by && (is_option(word, "bylex") || is_option(word, "byscore"))) {
            read.by = is_option(word, "bylex") ? range_by::lex : range_by::score;
            may_choose_by = false;
        } else {
            r.out.error(syntax_error);
            return std::nullopt;
        }
    }
    if (read.limit != -1 && read.by == range_by::rank) {
        r.out.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
        return std::nullopt;
    }
    if (read.with_scores && read.by == range_by::lex) {
        r.out.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return std::nullopt;
    }
    return read;
}

// `found` in its own order or, reversed, from its last member to its first.
void write_members(const request& r, const members& all, slice found, const options& chosen) {
    const bool is_nested = chosen.with_scores && r.out.version() == protocol::resp_version::resp3;
    r.out.array(found.count * (chosen.with_scores && !is_nested ? 2 : 1));
    for (std::size_t i = 0; i < found.count; ++i) {
        const auto& [name, score] = all[chosen.is_reverse ? found.first + found.count - 1 - i : found.first + i];
        if (is_nested) r.out.array(2);
        r.out.bulk(name);
        if (chosen.with_scores) r.out.number(score);
    }
}

// What LIMIT leaves of `found`: a negative offset leaves nothing, a negative limit everything.
slice limited(slice found, const options& chosen) {
    if (chosen.offset < 0 || static_cast<std::uint64_t>(chosen.offset) >= found.count) return {};
    const auto skipped = static_cast<std::size_t>(chosen.offset);
    const std::size_t left = found.count - skipped;
    const std::size_t count = chosen.limit < 0 ? left : std::min(left, static_cast<std::size_t>(chosen.limit));
    return {chosen.is_reverse ? found.first + left - count : found.first + skipped, count};
}

void by_rank(const request& r, const options& chosen) {
    const auto start = integer_argument(r, 2);
    const auto end = start ? integer_argument(r, 3) : std::nullopt;
    const auto* zset = end ? typed<zset_value>(r) : nullptr;
    if (!zset) return;
    slice found = slice_between(*start, *end, zset->members.size());
    if (chosen.is_reverse) found.first = zset->members.size() - found.first - found.count;
    write_members(r, zset->members, found, chosen);
}

void by_score(const request& r, const options& chosen) {
    const auto range = parse_score_range(r.arguments[chosen.is_reverse ? 3 : 2], r.arguments[chosen.is_reverse ? 2 : 3]);
    if (!range) return r.out.error("ERR min or max is not a float");
    const auto* zset = typed<zset_value>(r);
    if (!zset) return;
    const std::size_t first = first_in_range(*zset, *range);
    const slice found{first, first_above_range(*zset, *range) - first};
    write_members(r, zset->members, limited(found, chosen), chosen);
}

// The members of the range. BYLEX is meant for equal scores only; for others this finds what Redis finds in a small sorted set: the
// first member in the order of scores that is not below the range, and those behind it up to the first that is above it.
slice find_lex(const members& all, const lex_range& range, bool is_reverse) {
    const auto is_above_min = [&](const auto& each) { return range.is_above_min(each.first); };
    const auto is_below_max = [&](const auto& each) { return range.is_below_max(each.first); };
    if (all.empty() || range.is_empty() || !is_above_min(all.back()) || !is_below_max(all.front())) return {};
    const auto position = [&](auto at) { return static_cast<std::size_t>(at - all.begin()); };
    if (!is_reverse) {
        const auto first = std::ranges::find_if(all, is_above_min);
        const auto end = std::find_if_not(first, all.end(), is_below_max);
        return {position(first), static_cast<std::size_t>(end - first)};
    }
    const auto end = std::find_if(all.rbegin(), all.rend(), is_below_max).base();
    const auto first = std::find_if_not(std::make_reverse_iterator(end), all.rend(), is_above_min).base();
    return {position(first), static_cast<std::size_t>(end - first)};
}

void by_lex(const request& r, const options& chosen) {
    const auto range = parse_lex_range(r.arguments[chosen.is_reverse ? 3 : 2], r.arguments[chosen.is_reverse ? 2 : 3]);
    if (!range) return r.out.error("ERR min or max not valid string range item");
    if (const auto* zset = typed<zset_value>(r))
        write_members(r, zset->members, limited(find_lex(zset->members, *range, chosen.is_reverse), chosen), chosen);
}

void answer(const request& r, const fixed_options& fixed) {
    const auto chosen = read_options(r, fixed);
    if (!chosen) return;
    switch (chosen->by) {
        case range_by::rank: return by_rank(r, *chosen);
        case range_by::score: return by_score(r, *chosen);
        case range_by::lex: return by_lex(r, *chosen);
    }
}

}  // namespace

void zrange(const request& r) {
    answer(r, {});
}

void zrangebyscore(const request& r) {
    answer(r, {range_by::score, false});
}

void zrevrange(const request& r) {
    answer(r, {range_by::rank, true});
}

void zrevrangebyscore(const request& r) {
    answer(r, {range_by::score, true});
}

}  // namespace respgres::proxy::commands
