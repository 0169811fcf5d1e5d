#include "protocol/http/json_text.hpp"

#include <cstddef>

namespace respgres::protocol {

namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Length of the UTF-8 character that begins `text`; 0 when there is none (Unicode standard, table 3-7: no overlong forms, no
// surrogates, nothing above U+10FFFF).
std::size_t character_length(std::string_view text) {
    const unsigned char first = byte_at(text, 0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const unsigned char second = byte_at(text, 1);
    const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    return length;
}

void append_ascii(std::string& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f') {
        out.push_back(c);
        return;
    }
    out += "\\u00";
    out.push_back(digits[c >> 4]);
    out.push_back(digits[c & 15]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 1)
            append_ascii(out, text.front());
        else
            out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out.push_back('"');
}

}  // namespace respgres::protocol
