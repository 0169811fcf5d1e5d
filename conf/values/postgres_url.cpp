#include "conf/values/postgres_url.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

complaint check_uri(std::string_view rest, bool& has_password) {
    const auto decoded = percent_decode(rest);
    if (!decoded || decoded->find('\0') != std::string::npos)
        return "a '%' is not followed by two hexadecimal digits other than 00 (write %25 for '%')";
    // As libpq does: the user ends at the first '@', if no '/' stands before it.
    if (const auto end = rest.find_first_of("@/"); end != std::string_view::npos && rest[end] == '@') {
        auto password = rest.substr(0, end);
        cut(password, ':');
        has_password = !password.empty();
    }
    auto query = rest;
    cut(query, '?');
    while (!query.empty()) {
        auto value = cut(query, '&');
        const auto name = percent_decode(cut(value, '='));
        if (name == "password" && !value.empty()) has_password = true;
    }
    return {};
}

// Takes a value of a keyword string from the front of `rest`, as libpq does: 'quoted' or up to a blank, '\' before any character.
bool take_value(std::string_view& rest, bool& is_empty) {
    const bool quoted = rest.starts_with('\'');
    std::size_t at = quoted ? 1 : 0;
    const auto start = at;
    while (at < rest.size() && (quoted ? rest[at] != '\'' : blanks.find(rest[at]) == std::string_view::npos))
        at += rest[at] == '\\' ? 2 : 1;
    if (quoted && at >= rest.size()) return false;
    is_empty = at == start;
    rest.remove_prefix(std::min(at + (quoted ? 1 : 0), rest.size()));
    return true;
}

void skip_blanks(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
}

complaint check_keywords(std::string_view rest, bool& has_password) {
    for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
        const auto name = rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
        rest.remove_prefix(name.size());
        skip_blanks(rest);
        bool is_empty = true;
        if (name.empty() || !rest.starts_with('='))
            return "must be postgresql://user@host:port/database or keywords such as \"host=... dbname=...\"";
        rest.remove_prefix(1);
        skip_blanks(rest);
        if (!take_value(rest, is_empty)) return "a quotation mark is not closed";
        if (name == "password" && !is_empty) has_password = true;
    }
    return {};
}

}  // namespace

complaint check_postgres_url(std::string_view url, bool& has_password) {
    has_password = false;
    for (const std::string_view prefix : {"postgresql://", "postgres://"}) {
        if (url.starts_with(prefix)) return check_uri(url.substr(prefix.size()), has_password);
    }
    return check_keywords(url, has_password);
}

}  // namespace respgres::conf
