#include "proxy/users/glob.hpp"

#include <cstddef>
#include <utility>

namespace respgres::proxy {

namespace {

unsigned char byte(char c) {
    return static_cast<unsigned char>(c);
}

// Looks at the set that begins behind '[' at `at` and moves `at` behind it. A set that is never closed ends with the pattern, as in Redis.
bool is_in_set(std::string_view pattern, std::size_t& at, char c) {
    const bool excludes = at < pattern.size() && pattern[at] == '^';
    if (excludes) ++at;
    bool found = false;
    for (; at < pattern.size() && pattern[at] != ']'; ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            found = found || pattern[++at] == c;
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            auto first = byte(pattern[at]);
            auto last = byte(pattern[at + 2]);
            if (first > last) std::swap(first, last);
            found = found || (byte(c) >= first && byte(c) <= last);
            at += 2;
        } else {
            found = found || pattern[at] == c;
        }
    }
    if (at < pattern.size()) ++at;
    return found != excludes;
}

// Whether the element of the pattern at `at`, which is no star, takes `c`; moves `at` behind it.
bool takes(std::string_view pattern, std::size_t& at, char c) {
    const char element = pattern[at++];
    if (element == '?') return true;
    if (element == '[') return is_in_set(pattern, at, c);
    if (element == '\\' && at < pattern.size()) return pattern[at++] == c;
    return element == c;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
    constexpr std::size_t none = std::string_view::npos;
    std::size_t in_pattern = 0;
    std::size_t in_text = 0;
    std::size_t star = none;   // the newest star: only it may have to take more, the earlier ones have done their part
    std::size_t star_takes = 0;
    while (in_text < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            star_takes = in_text;
            continue;
        }
        if (in_pattern < pattern.size() && takes(pattern, in_pattern, text[in_text])) {
            ++in_text;
            continue;
        }
        if (star == none) return false;
        in_pattern = star + 1;
        in_text = ++star_takes;
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

}  // namespace respgres::proxy
