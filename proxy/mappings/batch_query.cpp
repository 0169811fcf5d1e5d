#include "proxy/mappings/batch_query.hpp"

#include "proxy/mappings/query_equalities.hpp"
#include "proxy/mappings/sql_lexer.hpp"

#include <algorithm>
#include <vector>

namespace respgres::proxy {

namespace {

constexpr std::size_t usual_limit = 64;

// A name that the query does not use, so that nothing in it can hide the keys.
std::string free_name(std::string_view sql) {
    std::string name = "respgres_keys";
    while (sql.find(name) != std::string_view::npos) name += '_';
    return name;
}

// `sql` with $n as ("keys"."pn"): in parentheses, for what stands next to it ($1.field, $1and).
std::string with_columns(std::string_view sql, const std::string& keys) {
    std::string out;
    std::size_t copied = 0;
    sql_lexer lexer(sql);
    for (auto token = lexer.next(); token.kind != sql_token_kind::end && token.kind != sql_token_kind::bad; token = lexer.next()) {
        if (token.kind != sql_token_kind::numbered) continue;
        out += sql.substr(copied, token.begin - copied);
        out.append("(").append(keys).append(".p").append(token.text.substr(1)).append(")");
        copied = token.begin + token.text.size();
    }
    return out.append(sql.substr(copied));
}

}  // namespace

std::size_t batch_limit(const mapping& source) {
    if (source.parameters.empty()) return 1;
    if (source.settings.batch_max.value != 0) return source.settings.batch_max.value;
    const auto found = equalities_of(source.statement.sql);
    for (std::size_t i = 0; i < source.parameters.size(); ++i) {
        const auto compares = [i](const query_equalities::equality& each) { return each.parameter == i; };
        if (std::none_of(found.all.begin(), found.all.end(), compares)) return 1;
    }
    return usual_limit;
}

// OFFSET 0 keeps the planner from merging the query with the list of keys: each key gets the plan, and so the order of rows, of a lone one. The line
// break is for a comment at the query's end.
std::string batch_sql(std::string_view single, std::size_t parameters) {
    const std::string keys = free_name(single);
    std::string arrays;
    std::string columns;
    for (std::size_t i = 1; i <= parameters; ++i) {
        const std::string number = std::to_string(i);
        arrays.append(i == 1 ? "" : ", ").append("pg_catalog.unnest($").append(number).append(")");
        columns.append("p").append(number).append(", ");
    }
    std::string sql = "SELECT " + keys + ".number, " + keys + "_rows.* FROM ROWS FROM (" + arrays;
    sql += ") WITH ORDINALITY AS " + keys + "(" + columns + "number), LATERAL (SELECT * FROM (" + with_columns(single, keys);
    return sql + "\n) AS " + keys + "_query OFFSET 0) AS " + keys + "_rows";
}

std::string batch_name(const mapping& source) {
    return "respgresbatch_" + source.settings.name;  // those of single queries begin with "respgres_"
}

std::string array_literal(std::span<const std::string_view> elements) {
    std::string out = "{";
    for (const std::string_view element : elements) {
        out += out.size() == 1 ? "\"" : ",\"";
        for (const char c : element) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

}  // namespace respgres::proxy
