#include "conf/values/text.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<unsigned> hex_value(char digit) {
    const auto at = hex_digits.find(lower(digit));
    if (at == std::string_view::npos) return {};
    return static_cast<unsigned>(at);
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
    auto end = std::min(text.size(), longest);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;   // not within a character
    std::string out;
    for (const char letter : text.substr(0, end)) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte >= 0x20 && byte != 0x7f) {
            out += letter;
        } else {
            out += "\\x";
            out += hex_digits[byte >> 4];
            out += hex_digits[byte & 15];
        }
    }
    return end < text.size() ? out + "..." : out;
}

std::string quote(std::string_view text) {
    constexpr std::size_t longest = 60;
    return "'" + printable(text, longest) + "'";
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return {};
        const auto high = hex_value(text[i + 1]);
        const auto low = hex_value(text[i + 2]);
        if (!high || !low) return {};
        out += static_cast<char>(*high << 4 | *low);
        i += 2;
    }
    return out;
}

std::string_view cut(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    const auto head = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return head;
}

}  // namespace respgres::conf
