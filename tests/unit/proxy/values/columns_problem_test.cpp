#include "tests/unit/proxy/values/building.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace respgres::tests;
using respgres::conf::shape;
using respgres::proxy::columns_problem;
using columns = std::vector<respgres::postgres::column>;

respgres::postgres::column typed(std::string name, std::uint32_t oid) {
    auto made = column(std::move(name), type_kind::number);
    made.type_oid = oid;
    return made;
}

}  // namespace

TEST_CASE("columns_problem: json and json_row take any columns, also two of one name", "[values]") {
    CHECK(columns_problem(shape::json, columns{column("a"), column("a")}).empty());
    CHECK(columns_problem(shape::json_row, columns{}).empty());
}

TEST_CASE("columns_problem: string, list and set need one column", "[values]") {
    for (const shape each : {shape::string, shape::list, shape::set}) {
        CHECK(columns_problem(each, columns{column("a")}).empty());
        CHECK_FALSE(columns_problem(each, columns{}).empty());
    }
    CHECK(columns_problem(shape::list, columns{column("a"), column("b")}) == "shape 'list' needs one column, the query returns 2");
}

TEST_CASE("columns_problem: a counter needs one column that may hold integers", "[values]") {
    CHECK(columns_problem(shape::counter, columns{typed("n", 20)}).empty());
    CHECK(columns_problem(shape::counter, columns{typed("sum", 1700)}).empty());
    CHECK(columns_problem(shape::counter, columns{typed("a", 20), typed("b", 20)}) ==
          "shape 'counter' needs one integer column, the query returns 2");
    CHECK(columns_problem(shape::counter, columns{typed("ratio", 701)}) ==
          "shape 'counter' needs one integer column, column 'ratio' is none");
    CHECK_FALSE(columns_problem(shape::counter, columns{typed("ratio", 700)}).empty());
    CHECK_FALSE(columns_problem(shape::counter, columns{column("name")}).empty());
    CHECK_FALSE(columns_problem(shape::counter, columns{array_column("ids", type_kind::number)}).empty());
}

TEST_CASE("columns_problem: a hash needs columns of different names", "[values]") {
    CHECK(columns_problem(shape::hash, columns{column("id"), column("name")}).empty());
    CHECK_FALSE(columns_problem(shape::hash, columns{}).empty());
    CHECK(columns_problem(shape::hash, columns{column("id"), column("name"), column("id")}) ==
          "shape 'hash' needs columns of different names, 'id' is there twice");
}

TEST_CASE("columns_problem: a zset needs a member and a number as its score, in either order by name", "[values]") {
    CHECK(columns_problem(shape::zset, columns{column("who"), typed("points", 23)}).empty());
    CHECK(columns_problem(shape::zset, columns{typed("score", 701), column("member")}).empty());
    CHECK(columns_problem(shape::zset, columns{column("who")}) == "shape 'zset' needs two columns, member and score, the query returns 1");
    CHECK(columns_problem(shape::zset, columns{column("who"), column("at", type_kind::timestamp)}) ==
          "shape 'zset' needs a number as its score, column 'at' is none");
    CHECK_FALSE(columns_problem(shape::zset, columns{typed("points", 23), column("who")}).empty());
}
