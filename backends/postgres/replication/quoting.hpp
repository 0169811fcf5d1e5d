#pragma once

#include <string>
#include <string_view>

namespace respgres::postgres {

// For replication commands, which take no parameters. No name or text of PostgreSQL holds a zero byte.

inline std::string quoted_with(char quote, std::string_view text) {
    std::string made(1, quote);
    for (const char c : text) {
        if (c == quote) made += quote;
        made += c;
    }
    return made += quote;
}

// "na""me"
inline std::string quoted_name(std::string_view name) {
    return quoted_with('"', name);
}

// 'te''xt'; for servers with standard_conforming_strings, as replication commands always have.
inline std::string quoted_text(std::string_view text) {
    return quoted_with('\'', text);
}

}  // namespace respgres::postgres
