#pragma once

#include "backends/change_stream/pgoutput_messages.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace respgres::tests {

// "42 00ff 'text'" -> bytes: hexadecimal digits, and characters between quotes; spaces mean nothing.
inline std::string bytes(std::string_view written) {
    std::string made;
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i] == ' ') continue;
        if (written[i] == '\'') {
            const auto end = written.find('\'', i + 1);
            made += written.substr(i + 1, end - i - 1);
            i = end;
        } else {
            made += static_cast<char>(std::stoi(std::string(written.substr(i, 2)), nullptr, 16));
            ++i;
        }
    }
    return made;
}

// The cells of a row as pgoutput writes them. A cell is "NULL", "UNCHANGED" or its text.
inline change_stream::pgoutput::tuple cells(std::initializer_list<std::string_view> values) {
    static std::deque<std::string> kept;   // tuples are views
    std::string& made = kept.emplace_back();
    for (const auto value : values) {
        if (value == "NULL" || value == "UNCHANGED") {
            made += value == "NULL" ? 'n' : 'u';
            continue;
        }
        made += 't';
        for (int shift = 24; shift >= 0; shift -= 8) made += static_cast<char>(value.size() >> shift & 0xff);
        made += value;
    }
    return {static_cast<std::uint16_t>(values.size()), made};
}

}  // namespace respgres::tests
