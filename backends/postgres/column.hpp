#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace respgres::postgres {

// What kind of text PostgreSQL sends for a type, as far as turning it into JSON or a Redis string needs to know.
enum class type_kind : std::uint8_t {
    text,          // everything that is plain text: text, varchar, uuid, enum, inet, interval, ranges, composites, money ...
    number,        // int2, int4, int8, oid, numeric, float4, float8; NaN and Infinity possible for the last three
    boolean,       // t / f
    json,          // json, jsonb: already JSON
    bytea,         // \x followed by hex (bytea_output = hex)
    timestamp,     // 2026-11-22 18:55:00.123
    timestamptz,   // 2026-11-22 18:55:00.123+00
};

// One column of a result. For arrays `kind` is that of the elements.
struct column {
    std::string name;
    std::uint32_t type_oid = 0;
    type_kind kind = type_kind::text;
    bool is_array = false;
    char delimiter = ',';        // of array elements; ';' for box
};

// One row in text format: a value per column, nullopt = NULL. Views are valid during the call that hands the row over.
using row_view = std::span<const std::optional<std::string_view>>;

}  // namespace respgres::postgres
