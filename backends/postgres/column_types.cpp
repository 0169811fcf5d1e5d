#include "backends/postgres/column_types.hpp"

#include <algorithm>

namespace respgres::postgres {
namespace {

struct builtin {
    std::uint32_t oid;
    std::uint32_t array_oid;   // 0 = there is none
    type_kind kind;
    char delimiter = ',';
};

// From PostgreSQL's pg_type.dat; these numbers never change. date is text, as it reads the same in JSON.
constexpr builtin builtins[] = {
    {16, 1000, type_kind::boolean},         // bool
    {17, 1001, type_kind::bytea},           // bytea
    {18, 1002, type_kind::text},            // "char"
    {19, 1003, type_kind::text},            // name
    {20, 1016, type_kind::number},          // int8
    {21, 1005, type_kind::number},          // int2
    {22, 1006, type_kind::text},            // int2vector: "1 2 3", not an array by its form
    {23, 1007, type_kind::number},          // int4
    {24, 1008, type_kind::text},            // regproc
    {25, 1009, type_kind::text},            // text
    {26, 1028, type_kind::number},          // oid
    {27, 1010, type_kind::text},            // tid
    {28, 1011, type_kind::text},            // xid
    {29, 1012, type_kind::text},            // cid
    {30, 1013, type_kind::text},            // oidvector
    {114, 199, type_kind::json},            // json
    {142, 143, type_kind::text},            // xml
    {600, 1017, type_kind::text},           // point
    {601, 1018, type_kind::text},           // lseg
    {602, 1019, type_kind::text},           // path
    {603, 1020, type_kind::text, ';'},      // box
    {604, 1027, type_kind::text},           // polygon
    {628, 629, type_kind::text},            // line
    {650, 651, type_kind::text},            // cidr
    {700, 1021, type_kind::number},         // float4
    {701, 1022, type_kind::number},         // float8
    {705, 0, type_kind::text},              // unknown
    {718, 719, type_kind::text},            // circle
    {774, 775, type_kind::text},            // macaddr8
    {790, 791, type_kind::text},            // money
    {829, 1040, type_kind::text},           // macaddr
    {869, 1041, type_kind::text},           // inet
    {1042, 1014, type_kind::text},          // bpchar
    {1043, 1015, type_kind::text},          // varchar
    {1082, 1182, type_kind::text},          // date
    {1083, 1183, type_kind::text},          // time
    {1114, 1115, type_kind::timestamp},     // timestamp
    {1184, 1185, type_kind::timestamptz},   // timestamptz
    {1186, 1187, type_kind::text},          // interval
    {1266, 1270, type_kind::text},          // timetz
    {1560, 1561, type_kind::text},          // bit
    {1562, 1563, type_kind::text},          // varbit
    {1700, 1231, type_kind::number},        // numeric
    {2249, 2287, type_kind::text},          // record
    {2275, 1263, type_kind::text},          // cstring
    {2278, 0, type_kind::text},             // void
    {2950, 2951, type_kind::text},          // uuid
    {3220, 3221, type_kind::text},          // pg_lsn
    {3614, 3643, type_kind::text},          // tsvector
    {3615, 3645, type_kind::text},          // tsquery
    {3802, 3807, type_kind::json},          // jsonb
    {3904, 3905, type_kind::text},          // int4range
    {3906, 3907, type_kind::text},          // numrange
    {3908, 3909, type_kind::text},          // tsrange
    {3910, 3911, type_kind::text},          // tstzrange
    {3912, 3913, type_kind::text},          // daterange
    {3926, 3927, type_kind::text},          // int8range
    {4072, 4073, type_kind::text},          // jsonpath
    {5038, 5039, type_kind::text},          // pg_snapshot
    {5069, 271, type_kind::text},           // xid8
};

std::string oid_array(std::span<const std::uint32_t> oids) {
    std::string list;
    for (const auto oid : oids) list += (list.empty() ? "" : ",") + std::to_string(oid);
    return "'{" + list + "}'::pg_catalog.oid[]";
}

}  // namespace

std::optional<type_form> builtin_type(std::uint32_t oid) {
    if (oid == 0) return std::nullopt;
    for (const auto& known : builtins) {
        if (known.oid == oid) return type_form{known.kind, false, ','};
        if (known.array_oid == oid) return type_form{known.kind, true, known.delimiter};
    }
    return std::nullopt;
}

std::vector<std::uint32_t> unknown_types(std::span<const column> columns) {
    std::vector<std::uint32_t> oids;
    for (const auto& each : columns)
        if (!builtin_type(each.type_oid)) oids.push_back(each.type_oid);
    std::sort(oids.begin(), oids.end());
    oids.erase(std::unique(oids.begin(), oids.end()), oids.end());
    return oids;
}

std::string type_query(std::span<const std::uint32_t> oids) {
    // A true array has elements and a variable length; point and box have elements of their own but are written otherwise.
    return "WITH RECURSIVE asked AS ("
           "SELECT t.oid AS asked, t.typelem <> 0 AND t.typlen = -1 AS is_array, "
           "CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN t.typelem ELSE t.oid END AS element "
           "FROM pg_catalog.pg_type t WHERE t.oid = ANY (" +
           oid_array(oids) +
           ")), chain(asked, is_array, base, delimiter) AS ("
           "SELECT a.asked, a.is_array, a.element, e.typdelim FROM asked a JOIN pg_catalog.pg_type e ON e.oid = a.element "
           "UNION ALL SELECT c.asked, c.is_array, t.typbasetype, c.delimiter FROM chain c "
           "JOIN pg_catalog.pg_type t ON t.oid = c.base WHERE t.typtype = 'd') "
           "SELECT c.asked, c.is_array, c.base, c.delimiter FROM chain c "
           "JOIN pg_catalog.pg_type t ON t.oid = c.base WHERE t.typtype <> 'd'";
}

void apply_type(const type_row& row, std::span<column> columns) {
    // A domain over an array, and an array of such, are left as text: PostgreSQL's own form of them.
    const auto base = builtin_type(row.base);
    for (auto& each : columns) {
        if (each.type_oid != row.asked) continue;
        each.kind = base && !base->is_array ? base->kind : type_kind::text;
        each.is_array = row.is_array;
        each.delimiter = row.delimiter;
    }
}

std::string type_name_query(std::span<const std::uint32_t> oids) {
    return "SELECT pg_catalog.format_type(o, NULL) FROM pg_catalog.unnest(" + oid_array(oids) +
           ") WITH ORDINALITY AS asked(o, position) ORDER BY position";
}

}  // namespace respgres::postgres
