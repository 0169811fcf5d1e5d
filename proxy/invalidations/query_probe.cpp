#include "proxy/invalidations/query_probe.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/sql_lexer.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

using kind = sql_token_kind;

constexpr std::array<std::string_view, 5> time_keywords{"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"};
constexpr std::array<std::string_view, 4> time_functions{"now", "transaction_timestamp", "statement_timestamp", "age"};

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string probe_view(std::string_view sql, const std::vector<std::string>& types) {
    std::string made = "SELECT 1 AS one FROM (";
    std::size_t copied = 0;
    sql_lexer lexer(sql);
    for (auto token = lexer.next(); token.kind != kind::end && token.kind != kind::bad; token = lexer.next()) {
        if (token.kind != kind::numbered) continue;
        const auto number = conf::read_number<std::size_t>(token.text.substr(1));
        if (!number || *number == 0 || *number > types.size()) continue;
        made += sql.substr(copied, token.begin - copied);
        made += "(NULL::" + types[*number - 1] + ")";
        copied = token.begin + token.text.size();
    }
    made += sql.substr(copied);
    return made + "\n) AS query";   // a line of its own, behind a comment
}

std::vector<std::string> called_names(std::string_view sql) {
    std::vector<std::string> all;
    std::string last;
    sql_lexer lexer(sql);
    for (auto token = lexer.next(); token.kind != kind::end && token.kind != kind::bad; token = lexer.next()) {
        if (token.text == "(" && !last.empty()) all.push_back(last);
        last.clear();
        if (token.kind != kind::word) continue;
        last = token.text;
        std::transform(last.begin(), last.end(), last.begin(), conf::lower);
        if (is_one_of(last, time_keywords)) all.push_back(last);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

bool tells_time(std::string_view function) {
    return is_one_of(function, time_keywords) || is_one_of(function, time_functions);
}

}  // namespace respgres::proxy
