#include "conf/toml/key_depth.hpp"

#include <algorithm>
#include <string>

namespace respgres::conf {

namespace {

using std::string_view;

// The end of the string that starts at `start` (a quotation mark of either kind). A single-line string also ends at a line's end,
// where the TOML library stops with an error.
std::size_t skip_string(string_view toml, std::size_t start) {
    const char mark_letter = toml[start];
    const bool escapes = mark_letter == '"';
    const std::string triple(3, mark_letter);
    const bool multi_line = toml.substr(start).starts_with(triple);
    auto at = start + (multi_line ? 3 : 1);
    while (at < toml.size()) {
        if (escapes && toml[at] == '\\') {
            at += 2;
        } else if (multi_line && toml.substr(at).starts_with(triple)) {
            // Up to two marks may belong to the text: """a"""""
            const auto marks = toml.substr(at, 5);
            return at + std::min(marks.find_first_not_of(mark_letter), marks.size());
        } else if (!multi_line && (toml[at] == mark_letter || toml[at] == '\n')) {
            return at + (toml[at] == mark_letter ? 1 : 0);
        } else {
            ++at;
        }
    }
    return toml.size();
}

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

// Columns count characters, as the library's do.
mark mark_of(string_view toml, std::size_t at) {
    const auto before = toml.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const auto line = before.substr(before.rfind('\n') + 1);   // npos + 1 = 0
    const auto columns = std::count_if(line.begin(), line.end(), starts_character);
    return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(columns + 1)};
}

// The end of a string or comment that starts at `at`, or `at`.
std::size_t skip_text(string_view toml, std::size_t at) {
    if (toml[at] == '#') return std::min(toml.find('\n', at), toml.size());
    return toml[at] == '"' || toml[at] == '\'' ? skip_string(toml, at) : at;
}

}  // namespace

std::optional<mark> find_deep_key(string_view toml) {
    constexpr string_view ends_of_keys = "\n=,[]{}";
    std::size_t dots = 0;
    for (std::size_t at = 0; at < toml.size();) {
        if (const auto end = skip_text(toml, at); end != at) {
            at = end;
            continue;
        }
        if (toml[at] == '.' && ++dots > most_dots) return mark_of(toml, at);
        if (ends_of_keys.find(toml[at]) != string_view::npos) dots = 0;
        ++at;
    }
    return {};
}

}  // namespace respgres::conf
