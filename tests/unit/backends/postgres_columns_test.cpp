#include "backends/postgres/column_types.hpp"

#include <catch2/catch.hpp>

using namespace respgres::postgres;

namespace {

column column_of(std::uint32_t oid) {
    column made;
    made.type_oid = oid;
    return made;
}

constexpr std::uint32_t made_by_user = 16'384;   // the first OID that PostgreSQL gives to user's objects

}  // namespace

TEST_CASE("column_types: knows the types that every server has", "[backends]") {
    CHECK(builtin_type(16) == type_form{type_kind::boolean, false, ','});
    CHECK(builtin_type(20) == type_form{type_kind::number, false, ','});
    CHECK(builtin_type(1700) == type_form{type_kind::number, false, ','});
    CHECK(builtin_type(25) == type_form{type_kind::text, false, ','});
    CHECK(builtin_type(17) == type_form{type_kind::bytea, false, ','});
    CHECK(builtin_type(3802) == type_form{type_kind::json, false, ','});
    CHECK(builtin_type(1114) == type_form{type_kind::timestamp, false, ','});
    CHECK(builtin_type(1184) == type_form{type_kind::timestamptz, false, ','});
}

TEST_CASE("column_types: an array has the form of its elements, box with a delimiter of its own", "[backends]") {
    CHECK(builtin_type(1007) == type_form{type_kind::number, true, ','});
    CHECK(builtin_type(1185) == type_form{type_kind::timestamptz, true, ','});
    CHECK(builtin_type(1020) == type_form{type_kind::text, true, ';'});
}

TEST_CASE("column_types: types of users are unknown, and no type is not a type without an array", "[backends]") {
    CHECK_FALSE(builtin_type(made_by_user));
    CHECK_FALSE(builtin_type(0));
}

TEST_CASE("column_types: asks for each unknown type once", "[backends]") {
    const std::vector<column> columns = {column_of(made_by_user + 1), column_of(23), column_of(made_by_user), column_of(made_by_user + 1)};

    CHECK(unknown_types(columns) == std::vector<std::uint32_t>{made_by_user, made_by_user + 1});
    CHECK(type_query(unknown_types(columns)).find("'{16384,16385}'") != std::string::npos);
}

TEST_CASE("column_types: an answer completes the columns of its type only", "[backends]") {
    std::vector<column> columns = {column_of(made_by_user), column_of(made_by_user + 1), column_of(made_by_user)};

    apply_type(type_row{made_by_user, true, 1700, ':'}, columns);

    for (const auto i : {0u, 2u}) {
        CHECK(columns[i].kind == type_kind::number);
        CHECK(columns[i].is_array);
        CHECK(columns[i].delimiter == ':');
    }
    CHECK(columns[1].kind == type_kind::text);
    CHECK_FALSE(columns[1].is_array);
}

TEST_CASE("column_types: an array of domains over an array is an array of texts", "[backends]") {
    std::vector<column> columns = {column_of(made_by_user)};

    apply_type(type_row{made_by_user, true, 1007, ','}, columns);

    CHECK(columns[0].is_array);
    CHECK(columns[0].kind == type_kind::text);
}
