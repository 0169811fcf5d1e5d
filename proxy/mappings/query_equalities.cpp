#include "proxy/mappings/query_equalities.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/sql_lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace respgres::proxy {

namespace {

using kind = sql_token_kind;

struct piece {
    kind what;
    std::string text;      // words in lower case, the rest as written
    bool keyword;          // a word that may be one: not behind '.' or AS, where every word is a name
    int depth;             // in ( ) and [ ]

    bool is(std::string_view word) const { return keyword && text == word; }
    bool is_symbol(std::string_view symbol) const { return what == kind::symbol && text == symbol; }
};

using pieces = std::span<const piece>;

template <std::size_t n>
bool is_one_of(const piece& each, const std::array<std::string_view, n>& words) {
    return each.keyword && std::find(words.begin(), words.end(), each.text) != words.end();
}

// What ends a WHERE clause at the top.
constexpr std::array<std::string_view, 8> clauses{"group", "having", "window", "order", "limit", "offset", "fetch", "for"};
// Without quotes and a table before them these are no columns.
constexpr std::array<std::string_view, 16> no_columns{
    "user",      "current_user",   "session_user",    "system_user",    "current_role", "current_date", "current_time", "current_timestamp",
    "localtime", "localtimestamp", "current_catalog", "current_schema", "true",         "false",        "null",         "default"};
// A parameter with such a cast is still the capture's text, read as the type.
constexpr std::array<std::string_view, 10> plain_casts{"smallint", "int",  "integer", "bigint", "int2",
                                                       "int4",     "int8", "uuid",    "date",   "text"};

// Nothing for a text that does not lex.
std::optional<std::vector<piece>> cut(std::string_view sql) {
    std::vector<piece> all;
    sql_lexer lexer(sql);
    int depth = 0;
    for (auto token = lexer.next(); token.kind != kind::end; token = lexer.next()) {
        if (token.kind == kind::bad) return std::nullopt;
        piece next{token.kind, std::string(token.text), false, depth};
        if (next.is_symbol("(") || next.is_symbol("[")) ++depth;
        if (next.is_symbol(")") || next.is_symbol("]")) next.depth = --depth;
        if (next.what == kind::word) {
            std::transform(next.text.begin(), next.text.end(), next.text.begin(), conf::lower);
            next.keyword = all.empty() || !(all.back().is_symbol(".") || all.back().is("as"));
        }
        all.push_back(std::move(next));
    }
    return all;
}

bool is_name(const piece& each) {
    return each.what == kind::word || each.what == kind::quoted_name;
}

std::string name_of(const piece& each) {
    if (each.what != kind::quoted_name) return each.text;
    std::string name;
    for (std::size_t i = 1; i + 1 < each.text.size(); ++i) {
        name += each.text[i];
        if (each.text[i] == '"') ++i;   // "" stands for "
    }
    return name;
}

std::optional<std::size_t> parameter_of(const piece& each) {
    if (each.what != kind::numbered) return std::nullopt;
    const auto number = conf::read_number<std::size_t>(std::string_view(each.text).substr(1));
    return number && *number > 0 ? std::optional(*number - 1) : std::nullopt;
}

// `column` or `table.column`.
std::optional<std::string> column_of(pieces side) {
    if (side.size() == 1 && is_name(side[0]) && !is_one_of(side[0], no_columns)) return name_of(side[0]);
    if (side.size() == 3 && is_name(side[0]) && side[1].is_symbol(".") && is_name(side[2])) return name_of(side[2]);
    return std::nullopt;
}

// `$n` or `$n::type`.
std::optional<std::size_t> parameter_of(pieces side) {
    const bool cast = side.size() == 3 && side[1].is_symbol("::") && is_one_of(side[2], plain_casts);
    return side.size() == 1 || cast ? parameter_of(side[0]) : std::nullopt;
}

std::optional<query_equalities::equality> equality_of(pieces condition) {
    const auto equals = std::find_if(condition.begin(), condition.end(), [](const piece& p) { return p.is_symbol("="); });
    if (equals == condition.begin() || equals == condition.end()) return std::nullopt;
    const auto at = static_cast<std::size_t>(equals - condition.begin());
    const pieces left = condition.first(at), right = condition.subspan(at + 1);
    const bool reversed = left[0].what == kind::numbered;
    const auto column = column_of(reversed ? right : left);
    const auto parameter = right.empty() ? std::nullopt : parameter_of(reversed ? left : right);
    if (!column || !parameter) return std::nullopt;
    return query_equalities::equality{*column, *parameter};
}

class query_reader {
public:
    explicit query_reader(pieces all) : all_(all) {}

    query_equalities run() {
        auto why = other_form();
        if (why.empty()) why = read_table();
        if (why.empty()) why = read_conditions();
        if (!why.empty()) return {{}, std::move(why)};
        return std::move(out_);
    }

private:
    // What the query must not have anywhere.
    std::string other_form() const {
        if (all_.empty() || !all_[0].is("select")) return "does not begin with SELECT";
        const auto count = [this](std::string_view word) {
            return std::count_if(all_.begin(), all_.end(), [&](const piece& p) { return p.is(word); });
        };
        if (count("union") + count("intersect") + count("except") > 0) return "joins several SELECTs";
        if (count("select") > 1 || count("table") > 0) return "has a subquery";
        if (count("join") > 0) return "joins tables";
        return {};
    }

    // FROM [ONLY] [schema.]table [*] [[AS] alias]; leaves at_ behind it.
    std::string read_table() {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (all_[i].depth != 0 || !all_[i].is("from")) continue;
            if (at_ != 0) return "has FROM twice";
            at_ = i + 1;
        }
        if (at_ == 0) return "has no FROM";
        if (here("only")) ++at_;
        if (!at_name()) return "reads something other than a table";
        ++at_;
        while (at_ + 1 < all_.size() && all_[at_].is_symbol(".") && is_name(all_[at_ + 1])) at_ += 2;
        if (at_ < all_.size() && all_[at_].is_symbol("*")) ++at_;
        if (here("as")) ++at_;
        if (at_name() && !here("where") && !is_one_of(all_[at_], clauses)) ++at_;
        if (at_ < all_.size() && all_[at_].is_symbol(",")) return "joins tables";
        return {};
    }

    std::string read_conditions() {
        if (!here("where")) return at_ < all_.size() && !is_one_of(all_[at_], clauses) ? "reads something other than a table" : "";
        const auto first = ++at_;
        auto condition = first;
        bool between = false;   // its AND does not part conditions
        for (; at_ < all_.size() && !(all_[at_].depth == 0 && is_one_of(all_[at_], clauses)); ++at_) {
            const piece& each = all_[at_];
            if (each.depth != 0) continue;
            if (each.is("or")) return "has OR in its WHERE";
            if (each.is("case")) return "has CASE in its WHERE";
            if (each.is("between")) between = true;
            if (!each.is("and")) continue;
            if (!between) take(condition);
            if (!between) condition = at_ + 1;
            between = false;
        }
        take(condition);
        return {};
    }

    void take(std::size_t from) {
        if (auto found = equality_of(all_.subspan(from, at_ - from))) out_.all.push_back(std::move(*found));
    }

    bool here(std::string_view word) const { return at_ < all_.size() && all_[at_].is(word); }
    bool at_name() const { return at_ < all_.size() && is_name(all_[at_]); }

    pieces all_;
    std::size_t at_ = 0;
    query_equalities out_;
};

}  // namespace

query_equalities equalities_of(std::string_view sql) {
    const auto all = cut(sql);
    if (!all) return {{}, "is not understood"};
    return query_reader(*all).run();
}

}  // namespace respgres::proxy
