#pragma once

#include "backends/postgres/column.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace respgres::postgres {

// How the values of a type are written, as far as a column tells it.
struct type_form {
    type_kind kind = type_kind::text;
    bool is_array = false;
    char delimiter = ',';

    bool operator==(const type_form&) const = default;
};

// The form of a type that every PostgreSQL has under the same OID; nullopt for types made by users and extensions, and rare ones.
std::optional<type_form> builtin_type(std::uint32_t oid);

// The OIDs among `columns` that builtin_type does not know, each once.
std::vector<std::uint32_t> unknown_types(std::span<const column> columns);

// One query that tells about `oids`: rows of (OID asked for, 't' if it is an array, OID of the element or the type itself with domains
// resolved to what they are made of, delimiter of the elements).
std::string type_query(std::span<const std::uint32_t> oids);

// One row of the answer to type_query.
struct type_row {
    std::uint32_t asked;
    bool is_array;
    std::uint32_t base;
    char delimiter;
};

// Completes those columns that have the type of `row`.
void apply_type(const type_row& row, std::span<column> columns);

// One query that gives the names of `oids`, in their order.
std::string type_name_query(std::span<const std::uint32_t> oids);

}  // namespace respgres::postgres
