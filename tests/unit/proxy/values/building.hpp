#pragma once

#include "proxy/values/value_builder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respgres::tests {

using proxy::value_builder;
using text = std::optional<std::string_view>;
using row = std::vector<text>;
using postgres::type_kind;

inline constexpr value_builder::limits no_limits{1'000'000, 1'000'000'000};

inline postgres::column column(std::string name, type_kind kind = type_kind::text) {
    postgres::column made;
    made.name = std::move(name);
    made.kind = kind;
    return made;
}

inline postgres::column array_column(std::string name, type_kind kind) {
    auto made = column(std::move(name), kind);
    made.is_array = true;
    return made;
}

struct built {
    proxy::value made;
    std::string problem;
    std::size_t rows_taken = 0;   // that on_row returned true for
};

// Feeds `rows` until one is refused, as a pool does.
inline built build(conf::shape shape, const std::vector<postgres::column>& columns, const std::vector<row>& rows,
                   value_builder::limits limits = no_limits) {
    value_builder builder(shape, limits);
    builder.on_columns(columns);
    built result;
    for (const row& each : rows) {
        if (!builder.on_row(each)) break;
        ++result.rows_taken;
    }
    result.problem = builder.problem();
    result.made = builder.finish();
    return result;
}

// For the shapes that are Redis strings; "(absent)" and "(no string)" for others.
inline std::string string_of(const proxy::value& v) {
    if (proxy::is_absent(v)) return "(absent)";
    const auto* held = std::get_if<proxy::string_value>(&v);
    return held ? held->bytes : "(no string)";
}

}  // namespace respgres::tests
