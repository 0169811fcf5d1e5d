// columns_problem of value_builder.hpp: what each shape asks of a query's columns.
#include "proxy/values/collectors.hpp"
#include "proxy/values/value_builder.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace respgres::proxy {

namespace {

using postgres::column;
using postgres::type_kind;
using columns_view = std::span<const column>;

// Type OIDs of pg_type, which are the same in every PostgreSQL.
constexpr std::uint32_t float4_type = 700;
constexpr std::uint32_t float8_type = 701;

std::string needs(conf::shape shape, std::string_view what) {
    return "shape '" + std::string(conf::to_string(shape)) + "' needs " + std::string(what);
}

std::string wrong_count(conf::shape shape, std::string_view what, std::size_t found) {
    return needs(shape, what) + ", the query returns " + std::to_string(found);
}

std::string any_columns(conf::shape, columns_view) {
    return {};
}

std::string one_column(conf::shape shape, columns_view columns) {
    return columns.size() == 1 ? std::string() : wrong_count(shape, "one column", columns.size());
}

// sum() of integers is numeric, so numeric passes; each value is checked when it comes.
std::string one_integer_column(conf::shape shape, columns_view columns) {
    if (columns.size() != 1) return wrong_count(shape, "one integer column", columns.size());
    const column& only = columns.front();
    const bool may_be_integer =
        only.kind == type_kind::number && !only.is_array && only.type_oid != float4_type && only.type_oid != float8_type;
    return may_be_integer ? std::string() : needs(shape, "one integer column, column '") + only.name + "' is none";
}

// The columns' names become the fields'.
std::string unique_columns(conf::shape shape, columns_view columns) {
    if (columns.empty()) return wrong_count(shape, "at least one column", 0);
    std::unordered_set<std::string_view> seen;
    for (const column& each : columns)
        if (!seen.insert(each.name).second) return needs(shape, "columns of different names, '") + each.name + "' is there twice";
    return {};
}

std::string member_and_score(conf::shape shape, columns_view columns) {
    if (columns.size() != 2) return wrong_count(shape, "two columns, member and score", columns.size());
    const column& score = columns[find_zset_columns(columns).score];
    const bool is_number = score.kind == type_kind::number && !score.is_array;
    return is_number ? std::string() : needs(shape, "a number as its score, column '") + score.name + "' is none";
}

using check = std::string (*)(conf::shape, columns_view);

// In the order of conf::shape.
constexpr check checks[] = {one_column, any_columns, any_columns,      unique_columns,
                            one_column, one_column,  member_and_score, one_integer_column};
static_assert(std::size(checks) == static_cast<std::size_t>(conf::shape::counter) + 1);

}  // namespace

std::string columns_problem(conf::shape shape, columns_view columns) {
    return checks[static_cast<std::size_t>(shape)](shape, columns);
}

}  // namespace respgres::proxy
