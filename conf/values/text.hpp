#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::conf {

// What is wrong with a value, in words; empty: nothing.
using complaint = std::string;

// ASCII only: what a locale thinks must not change what a file means.
constexpr char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

// At most `longest` bytes of UTF-8, control characters spelled out, so that a file cannot write to a terminal; "..." after a cut.
std::string printable(std::string_view text, std::size_t longest);

// 'text', printable and short enough for a line. Not for values that may be secrets.
std::string quote(std::string_view text);

// The whole of `digits` as an unsigned number; nothing if it is none or too large.
template <class Number>
std::optional<Number> read_number(std::string_view digits) {
    Number number{};
    if (digits.empty() || !is_digit(digits.front())) return {};
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return {};
    return number;
}

// %41 -> A. Nothing if a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

// Cuts `text` at the first `separator`: returns what stands before it and leaves the rest, or takes all if there is none.
std::string_view cut(std::string_view& text, char separator);

// "a, b or c"
template <class Names>
std::string one_of(const Names& names, std::string_view last = " or ") {
    std::string text;
    std::size_t at = 0;
    for (const auto& name : names) {
        if (at != 0) text += at + 1 == names.size() ? last : std::string_view{", "};
        text += name;
        ++at;
    }
    return text;
}

}  // namespace respgres::conf
