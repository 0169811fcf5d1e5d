#include "proxy/mappings/query_template.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/sql_lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace respgres::proxy {

namespace {

using kind = sql_token_kind;

bool is_one_of(std::string_view lower_word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), lower_word) != words.end();
}

constexpr std::array<std::string_view, 4> beginnings{"select", "with", "values", "table"};
constexpr std::array<std::string_view, 4> dml_words{"insert", "update", "delete", "merge"};
constexpr std::array<std::string_view, 4> lock_words{"update", "share", "no", "key"};   // FOR [NO KEY] UPDATE, FOR [KEY] SHARE
// Words after which an operand follows: a ':' behind them in [ ] begins a parameter, behind any other word it is a slice.
constexpr std::array<std::string_view, 18> operators{"all",   "and", "any",  "between", "case", "distinct", "else", "escape",    "from",
                                                     "ilike", "in",  "like", "not",     "or",   "then",     "to",   "symmetric", "when"};

// Keywords are ASCII; long words are none.
std::string lower(std::string_view word) {
    std::string out(word.substr(0, 16));
    std::transform(out.begin(), out.end(), out.begin(), conf::lower);
    return out;
}

// A token as far as its successors care.
struct trace {
    kind what = kind::end;
    std::string word;                            // lower case; of symbols the symbol; else empty
};

// What a mapping's query may be, word by word. Help with mistakes: what gets past it fails at the server, whose sessions are read-only.
class statement_rules {
public:
    std::optional<std::string> check(const sql_token& token, const trace& now, const trace& last, const trace& before_last) {
        if (ended_ && token.text != ";") return "text after ';': a mapping has one query, a single statement";
        if (token.kind == kind::numbered) {
            return "the query uses " + conf::quote(token.text) + "; parameters are written as the captures' names, ':name'";
        }
        if (token.text == ";") ended_ = true;
        if (!began_) {
            if (token.text == "(") return std::nullopt;              // (SELECT ...) UNION (SELECT ...)
            began_ = true;
            with_ = now.word == "with";
            if (token.kind == kind::word && is_one_of(now.word, beginnings)) return std::nullopt;
            return "a query begins with SELECT, WITH, VALUES or TABLE, not with " + conf::quote(token.text);
        }
        return token.kind == kind::word ? check_word(now.word, last, before_last) : std::nullopt;
    }

    bool is_empty() const { return !began_; }

private:
    std::optional<std::string> check_word(const std::string& word, const trace& last, const trace& before_last) const {
        if (last.word == "." || last.word == "as") return std::nullopt;     // a name, whatever it looks like
        if (word == "into") return "SELECT INTO writes a table; a mapping's query only reads";
        if (last.word == "for" && is_one_of(word, lock_words)) return "FOR " + upper(word) + " locks rows; a mapping's query only reads";
        const bool begins_statement =
            last.word == ")" || (last.word == "(" && (before_last.word == "as" || before_last.word == "materialized"));
        if (with_ && begins_statement && is_one_of(word, dml_words)) return upper(word) + " writes; a mapping's query only reads";
        return std::nullopt;
    }

    static std::string upper(std::string word) {
        for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        return word;
    }

    bool began_ = false;
    bool ended_ = false;
    bool with_ = false;
};

class rewriter {
public:
    explicit rewriter(std::string_view text) : text_(text), lexer_(text) {}

    std::variant<query_template, query_template::problem> run() {
        // The text reaches PostgreSQL as a C string.
        if (const auto nul = text_.find('\0'); nul != std::string_view::npos)
            return query_template::problem{nul, "the query holds a NUL byte"};
        for (;;) {
            const auto token = lexer_.next(is_slice_possible());
            if (token.kind == kind::bad) return query_template::problem{token.begin, std::string(lexer_.complaint())};
            if (token.kind == kind::end) break;
            trace now{token.kind, token.kind == kind::word || token.kind == kind::symbol ? lower(token.text) : std::string()};
            if (auto found = rules_.check(token, now, last_, before_last_)) return query_template::problem{token.begin, *std::move(found)};
            if (token.text == ";") end_ = std::min(end_, token.begin);
            follow_brackets(now.word);
            if (token.kind == kind::parameter) replace(token);
            before_last_ = std::exchange(last_, std::move(now));
        }
        if (rules_.is_empty()) return query_template::problem{0, "the query is empty"};
        out_.sql += text_.substr(copied_, std::min(end_, text_.size()) - copied_);
        return std::move(out_);
    }

private:
    // In [ ], behind an operand.
    bool is_slice_possible() const {
        if (brackets_.empty() || brackets_.back() != '[') return false;
        switch (last_.what) {
            case kind::symbol: return last_.word == ")" || last_.word == "]";
            case kind::word: return !is_one_of(last_.word, operators);
            case kind::quoted_name:
            case kind::string:
            case kind::number:
            case kind::parameter: return true;
            default: return false;
        }
    }

    // Unbalanced ones are PostgreSQL's to complain about.
    void follow_brackets(std::string_view symbol) {
        if (symbol == "(" || symbol == "[") brackets_ += symbol.front();
        if ((symbol == ")" || symbol == "]") && !brackets_.empty()) brackets_.pop_back();
    }

    void replace(const sql_token& token) {
        out_.sql += text_.substr(copied_, token.begin - copied_);
        copied_ = token.begin + token.text.size();
        const auto name = token.text.substr(1);
        const auto [known, is_new] = numbers_.try_emplace(name, numbers_.size() + 1);
        if (is_new) {
            out_.names.emplace_back(name);
            out_.offsets.push_back(token.begin);
        }
        // "LIMIT:n" must not become the name LIMIT$1.
        if (!out_.sql.empty() && is_sql_name_byte(out_.sql.back())) out_.sql += ' ';
        out_.sql += '$' + std::to_string(known->second);
    }

    std::string_view text_;
    sql_lexer lexer_;
    statement_rules rules_;
    trace last_, before_last_;
    std::string brackets_;                       // the open ones
    std::size_t copied_ = 0;                     // up to where the text is in out_.sql
    std::size_t end_ = std::string_view::npos;   // of the final ';'
    std::unordered_map<std::string_view, std::size_t> numbers_;
    query_template out_;
};

}  // namespace

std::variant<query_template, query_template::problem> query_template::parse(std::string_view text) {
    return rewriter(text).run();
}

}  // namespace respgres::proxy
