#include "protocol/resp/inline_command.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <algorithm>
#include <array>

namespace respgres::protocol {

namespace {

// isspace() of the C locale. Wider than what ends a word (see ends_word): sdssplitargs makes the same difference.
bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool ends_word(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char escaped(char c) {
    switch (c) {
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'b': return '\b';
        case 'a': return '\a';
        default: return c;
    }
}

// Appends what one backslash in double quotes stands for; `at` is the backslash, with at least one byte behind it.
// Returns the position behind the sequence.
std::size_t append_escape(std::string_view line, std::size_t at, std::string& out) {
    if (line[at + 1] == 'x' && at + 3 < line.size()) {
        const int high = hex_digit(line[at + 2]);
        const int low = hex_digit(line[at + 3]);
        if (high >= 0 && low >= 0) {
            out.push_back(static_cast<char>(high * 16 + low));
            return at + 4;
        }
    }
    out.push_back(escaped(line[at + 1]));
    return at + 2;
}

// Appends the content of a quoted part; `at` is behind the opening quote. Returns the position behind the closing one, or npos.
std::size_t append_quoted(std::string_view line, std::size_t at, char quote, std::string& out) {
    while (at < line.size()) {
        const char c = line[at];
        const bool more = at + 1 < line.size();
        if (c == quote) return !more || is_space(line[at + 1]) ? at + 1 : std::string_view::npos;
        if (c == '\\' && more && quote == '"') {
            at = append_escape(line, at, out);
        } else if (c == '\\' && more && line[at + 1] == '\'') {
            out.push_back('\'');
            at += 2;
        } else {
            out.push_back(c);
            ++at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

bool split_inline(std::string_view line, std::vector<std::string_view>& words, std::string& storage) {
    words.clear();
    storage.clear();
    std::size_t at = 0;
    for (;;) {
        while (at < line.size() && is_space(line[at])) ++at;
        if (at == line.size()) return true;

        const std::size_t start = at;
        while (at < line.size() && !ends_word(line[at]) && line[at] != '"' && line[at] != '\'') ++at;
        if (at == line.size() || ends_word(line[at])) {
            words.push_back(line.substr(start, at - start));
            continue;
        }

        // A word with quotes. It is never longer than the line, so storage does not move while words point into it.
        storage.reserve(line.size());
        const std::size_t stored = storage.size();
        storage.append(line, start, at - start);
        // A closing quote is followed by white space or the end, but not by every white space that would end a word (\v, \f):
        // the word goes on only before a quote, which that rule excludes, so it is over here.
        at = append_quoted(line, at + 1, line[at], storage);
        if (at == std::string_view::npos) return false;
        words.push_back(std::string_view(storage).substr(stored));
    }
}

bool looks_like_http(std::string_view line) {
    constexpr std::array<std::string_view, 10> methods{"GET",     "HEAD",  "POST",  "PUT",     "DELETE",
                                                       "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI"};
    const std::string_view first = line.substr(0, line.find(' '));
    if (equals_ignoring_case(first, "host:") || equals_ignoring_case(first, "post")) return true;
    const std::size_t last_space = line.rfind(' ');
    if (last_space == std::string_view::npos || last_space == first.size())   // `GET HTTP/x` reads a key of that name
        return false;
    return line.substr(last_space + 1).starts_with("HTTP/") && std::find(methods.begin(), methods.end(), first) != methods.end();
}

}  // namespace respgres::protocol
