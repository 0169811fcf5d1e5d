#include "conf/problem.hpp"

#include "conf/values/text.hpp"

#include <algorithm>
#include <numeric>

namespace respgres::conf {

namespace {

// Levenshtein's distance, letters compared without case.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const auto replaced = diagonal + (lower(left[i]) == lower(right[j]) ? 0u : 1u);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string to_string(const problem& problem) {
    std::string text;
    if (!problem.where.file.empty()) text += problem.where.file + ":";
    if (problem.where.line != 0) text += std::to_string(problem.where.line) + ":";
    if (problem.where.line != 0 && problem.where.column != 0) text += std::to_string(problem.where.column) + ":";
    text += text.empty() ? problem.message : " " + problem.message;
    // A server's words may have several lines.
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
    return text;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    auto least = word.size() / 3 + 1;
    for (const auto candidate : candidates) {
        // A word whose length alone is too far off is not compared: keys in a hostile file may be megabytes long.
        const auto apart = word.size() > candidate.size() ? word.size() - candidate.size() : candidate.size() - word.size();
        if (apart >= least) continue;
        if (const auto found = distance(word, candidate); found < least) {
            least = found;
            best = candidate;
        }
    }
    return best;
}

}  // namespace respgres::conf
