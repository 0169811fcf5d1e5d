#include "proxy/values/text_forms.hpp"

#include <cstddef>

namespace respgres::proxy {

namespace {

// -1: no hexadecimal digit.
int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

void append_iso_timestamp(std::string& out, std::string_view text) {
    const std::size_t space = text.find(' ');
    out.append(text.substr(0, space));
    if (space == std::string_view::npos)   // infinity, -infinity
        return;
    out.push_back('T');
    out.append(text.substr(space + 1));
}

void append_iso_timestamptz(std::string& out, std::string_view text) {
    const std::size_t space = text.find(' ');
    const std::size_t sign = space == std::string_view::npos ? space : text.find_first_of("+-", space);
    if (sign == std::string_view::npos) return append_iso_timestamp(out, text);

    // Behind the sign: hh, hh:mm or hh:mm:ss, then perhaps " BC".
    const std::size_t hours_end = sign + 3;
    const bool has_minutes = text.size() > hours_end && text[hours_end] == ':';
    append_iso_timestamp(out, text.substr(0, hours_end));
    if (!has_minutes) out.append(":00");
    if (text.size() > hours_end) out.append(text.substr(hours_end));
}

void append_bytea(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    bool is_hex = text.starts_with("\\x") && text.size() % 2 == 0;
    if (is_hex) out.reserve(start + text.size() / 2);
    for (std::size_t i = 2; is_hex && i < text.size(); i += 2) {
        const int high = digit_of(text[i]);
        const int low = digit_of(text[i + 1]);
        is_hex = high >= 0 && low >= 0;
        if (is_hex) out.push_back(static_cast<char>(high << 4 | low));
    }
    if (!is_hex) {
        out.resize(start);
        out.append(text);
    }
}

}  // namespace respgres::proxy
