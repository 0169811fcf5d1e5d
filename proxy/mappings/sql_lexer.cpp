#include "proxy/mappings/sql_lexer.hpp"

#include "proxy/mappings/find_bytes.hpp"

namespace respgres::proxy {

namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_newline(char c) {
    return c == '\n' || c == '\r';
}
constexpr bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
// Of a parameter's name and of a dollar quote's tag: no '$'.
constexpr bool is_plain_name_byte(char c) {
    return is_name_start(c) || is_digit(c);
}

}  // namespace

bool is_sql_name_byte(char c) {
    return is_plain_name_byte(c) || c == '$';
}

sql_token sql_lexer::next(bool slice) {
    if (!complaint_.empty() || !skip_blanks()) return {sql_token_kind::bad, at_, {}};
    if (at_ == sql_.size()) return {sql_token_kind::end, at_, {}};
    const char c = sql_[at_];
    if (c == '\'') return quoted(sql_token_kind::string, at_, false);
    if (c == '"') return quoted(sql_token_kind::quoted_name, at_, false);
    if (c == '$') return dollar();
    if (c == ':') return colon(slice);
    if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return number();
    if (!is_name_start(c)) return token(sql_token_kind::symbol, at_ + 1);
    // The other prefixes (N'', B'', X'', U&'', U&"") change nothing about where the string ends.
    if ((c == 'e' || c == 'E') && at(at_ + 1) == '\'') return quoted(sql_token_kind::string, at_ + 1, true);
    auto end = at_;
    while (end < sql_.size() && is_sql_name_byte(sql_[end])) ++end;
    return token(sql_token_kind::word, end);
}

sql_token sql_lexer::token(sql_token_kind kind, std::size_t end) {
    const auto begin = at_;
    at_ = end;
    return {kind, begin, sql_.substr(begin, end - begin)};
}

sql_token sql_lexer::bad(std::string_view complaint) {
    complaint_ = complaint;
    return {sql_token_kind::bad, at_, {}};
}

// False: a comment does not end.
bool sql_lexer::skip_blanks() {
    for (;;) {
        while (at_ < sql_.size() && is_space(sql_[at_])) ++at_;
        if (at(at_) == '-' && at(at_ + 1) == '-') {
            while (at_ < sql_.size() && !is_newline(sql_[at_])) ++at_;
        } else if (at(at_) == '/' && at(at_ + 1) == '*') {
            if (!skip_comment()) return false;
        } else {
            return true;
        }
    }
}

// Comments nest.
bool sql_lexer::skip_comment() {
    std::size_t depth = 0, i = at_;
    while (i < sql_.size()) {
        const bool opens = sql_[i] == '/' && at(i + 1) == '*', closes = sql_[i] == '*' && at(i + 1) == '/';
        i += opens || closes ? 2 : 1;
        if (opens) ++depth;
        if (closes && --depth == 0) {
            at_ = i;
            return true;
        }
    }
    bad("this comment does not end");
    return false;
}

// From the token's start to behind the closing quote at or after `quote`.
sql_token sql_lexer::quoted(sql_token_kind kind, std::size_t quote, bool escapes) {
    const char mark = sql_[quote];
    for (auto i = quote + 1; i < sql_.size(); ++i) {
        if (escapes && sql_[i] == '\\') {
            ++i;
        } else if (sql_[i] == mark) {
            if (at(i + 1) == mark) {
                ++i;
            } else if (const auto reopened = escapes ? continuation(i + 1) : 0; reopened != 0) {
                i = reopened;
            } else {
                return token(kind, i + 1);
            }
        }
    }
    return bad(kind == sql_token_kind::string ? "this string does not end" : "this quoted name does not end");
}

// 'a' <newline> 'b' is one string, and what continues an E'' has escapes too. The opening quote of a continuation, when nothing but
// blanks with a new line, and line comments, stand between it and `from`; else 0.
std::size_t sql_lexer::continuation(std::size_t from) const {
    bool newline = false;
    for (auto i = from; i < sql_.size(); ++i) {
        if (sql_[i] == '\'') return newline ? i : 0;
        if (sql_[i] == '-' && at(i + 1) == '-') {
            while (i < sql_.size() && !is_newline(sql_[i])) ++i;
            newline = newline || i < sql_.size();
        } else if (is_space(sql_[i])) {
            newline = newline || is_newline(sql_[i]);
        } else {
            return 0;
        }
    }
    return 0;
}

sql_token sql_lexer::dollar() {
    auto i = at_ + 1;
    if (is_digit(at(i))) {
        while (is_digit(at(i))) ++i;
        return token(sql_token_kind::numbered, i);
    }
    while (i < sql_.size() && is_plain_name_byte(sql_[i])) ++i;
    if (at(i) != '$') return token(sql_token_kind::symbol, at_ + 1);
    const auto tag = sql_.substr(at_, i + 1 - at_);
    const auto close = find_bytes(sql_, tag, i + 1);
    if (close == std::string_view::npos) return bad("this dollar-quoted string does not end");
    return token(sql_token_kind::string, close + tag.size());
}

sql_token sql_lexer::colon(bool slice) {
    const char following = at(at_ + 1);
    if (following == ':' || following == '=') return token(sql_token_kind::symbol, at_ + 2);
    if (slice || !is_name_start(following)) return token(sql_token_kind::symbol, at_ + 1);
    auto end = at_ + 1;
    while (end < sql_.size() && is_plain_name_byte(sql_[end])) ++end;
    return token(sql_token_kind::parameter, end);
}

// Takes an exponent's letter only before its digits: in `1E'x'` PostgreSQL sees 1 and E'x'.
sql_token sql_lexer::number() {
    auto i = at_;
    while (is_digit(at(i)) || at(i) == '.') ++i;
    if (at(i) == 'e' || at(i) == 'E') {
        const auto digits = at(i + 1) == '+' || at(i + 1) == '-' ? i + 2 : i + 1;
        if (is_digit(at(digits))) {
            i = digits;
            while (is_digit(at(i))) ++i;
        }
    }
    return token(sql_token_kind::number, i);
}

}  // namespace respgres::proxy
