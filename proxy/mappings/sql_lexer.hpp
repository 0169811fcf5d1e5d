#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respgres::proxy {

enum class sql_token_kind : std::uint8_t {
    end,
    word,               // a keyword or a name without quotes
    quoted_name,        // "..."
    string,             // '...', E'...' with its continuations, $tag$...$tag$
    number,
    parameter,          // :name
    numbered,           // $1
    symbol,             // one byte of anything else, but for :: and :=
    bad,                // see sql_lexer::complaint; the lexer stays there
};

struct sql_token {
    sql_token_kind kind = sql_token_kind::end;
    std::size_t begin = 0;
    std::string_view text;                       // as written
};

// Cuts SQL into tokens as PostgreSQL's scan.l does with standard_conforming_strings on, as far as it matters for where a token begins
// and ends. Skips white space and comments. Linear. Views point into the text, which holds no NUL.
class sql_lexer {
public:
    explicit sql_lexer(std::string_view sql) : sql_(sql) {}

    // Whether a ':' before a name makes a parameter depends on what stands before it, which the caller knows: with `slice` it is a
    // symbol.
    sql_token next(bool slice = false);

    std::string_view complaint() const { return complaint_; }

private:
    bool skip_blanks();
    bool skip_comment();
    std::size_t continuation(std::size_t from) const;
    sql_token token(sql_token_kind kind, std::size_t end);
    sql_token bad(std::string_view complaint);
    sql_token quoted(sql_token_kind kind, std::size_t quote, bool escapes);
    sql_token dollar();
    sql_token colon(bool slice);
    sql_token number();
    char at(std::size_t i) const { return i < sql_.size() ? sql_[i] : '\0'; }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::string_view complaint_;
};

// Whether the byte can be in a name that stands without quotes ('$' included).
bool is_sql_name_byte(char c);

}  // namespace respgres::proxy
