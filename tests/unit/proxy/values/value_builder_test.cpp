#include "tests/unit/proxy/values/building.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace {

using namespace respgres::tests;
using namespace respgres::proxy;
using respgres::conf::shape;

const std::vector<respgres::postgres::column> number_column = {column("n", type_kind::number)};
const std::vector<respgres::postgres::column> scored = {column("member"), column("score", type_kind::number)};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr shape every_shape[] = {shape::string, shape::json, shape::json_row, shape::hash,
                                 shape::list,   shape::set,  shape::zset,     shape::counter};

// One column that fits the shape; two for a zset.
std::vector<respgres::postgres::column> columns_for(shape of) {
    return of == shape::zset ? scored : of == shape::counter ? number_column : std::vector{column("a")};
}

row row_for(shape of, std::string_view text) {
    return of == shape::zset ? row{text, "1"} : row{text};
}

}  // namespace

TEST_CASE("value_builder: no rows are [] for json and absent for every other shape", "[values]") {
    for (const shape each : every_shape) {
        const auto result = build(each, columns_for(each), {});
        INFO(respgres::conf::to_string(each));
        CHECK(result.problem.empty());
        CHECK(string_of(result.made) == (each == shape::json ? "[]" : "(absent)"));
    }
}

TEST_CASE("value_builder: json is an array of objects in the order of rows and columns", "[values]") {
    const std::vector columns = {column("id", type_kind::number), column("na\"me"), column("id")};
    const auto result = build(shape::json, columns, {{"1", "x", "2"}, {"3", std::nullopt, "é"}});
    CHECK(string_of(result.made) == R"([{"id":1,"na\"me":"x","id":"2"},{"id":3,"na\"me":null,"id":"é"}])");
}

TEST_CASE("value_builder: json of rows without columns is an array of empty objects", "[values]") {
    CHECK(string_of(build(shape::json, {}, {{}, {}}).made) == "[{},{}]");
}

TEST_CASE("value_builder: json_row is the first row's object", "[values]") {
    const auto result = build(shape::json_row, {column("a"), column("b", type_kind::boolean)}, {{"x", "t"}, {"y", "f"}});
    CHECK(string_of(result.made) == R"({"a":"x","b":true})");
    CHECK(result.rows_taken == 2);
}

TEST_CASE("value_builder: a string holds each type as promised", "[values]") {
    const auto as_string = [](respgres::postgres::column type, text given) {
        return string_of(build(shape::string, {std::move(type)}, {{given}}).made);
    };
    CHECK(as_string(column("a"), "a \"b\"") == "a \"b\"");
    CHECK(as_string(column("a"), std::nullopt) == "(absent)");
    CHECK(as_string(column("a"), "") == "");
    CHECK(as_string(column("a", type_kind::number), "1.50") == "1.50");
    CHECK(as_string(column("a", type_kind::boolean), "t") == "true");
    CHECK(as_string(column("a", type_kind::boolean), "f") == "false");
    CHECK(as_string(column("a", type_kind::json), R"({"a": 1})") == R"({"a": 1})");
    CHECK(as_string(column("a", type_kind::bytea), R"(\x00ff41)") == std::string("\0\xff"
                                                                                 "A",
                                                                                 3));
    CHECK(as_string(column("a", type_kind::bytea), R"(\x)") == "");
    CHECK(as_string(column("a", type_kind::timestamptz), "2026-11-22 18:55:00+00") == "2026-11-22T18:55:00+00:00");
    CHECK(as_string(column("a", type_kind::timestamp), "2026-11-22 18:55:00") == "2026-11-22T18:55:00");
    CHECK(as_string(array_column("a", type_kind::boolean), "{t,NULL}") == "[true,null]");
}

TEST_CASE("value_builder: bytea in another form than hex is kept as it came", "[values]") {
    for (const std::string_view odd : {R"(\x0)", R"(\xzz)", R"(\x00zz)", R"(abc\000)"})
        CHECK(string_of(build(shape::string, {column("a", type_kind::bytea)}, {{odd}}).made) == odd);
}

TEST_CASE("value_builder: a counter is the first row's integer, digit for digit", "[values]") {
    for (const std::string_view good : {"0", "-7", "9223372036854775807", "-9223372036854775808"})
        CHECK(string_of(build(shape::counter, number_column, {{good}, {"5"}}).made) == good);
    CHECK(string_of(build(shape::counter, number_column, {{std::nullopt}}).made) == "(absent)");
}

TEST_CASE("value_builder: a counter that is no 64-bit integer is a problem that does not show the value", "[values]") {
    for (const std::string_view bad : {"1.5", "12.00", "NaN", "9223372036854775808", "-9223372036854775809"}) {
        const auto result = build(shape::counter, number_column, {{bad}});
        INFO(bad);
        CHECK(result.problem == "shape 'counter' needs an integer of at most 64 bits, the query's value is none");
        CHECK(result.rows_taken == 0);
        CHECK(is_absent(result.made));
    }
}

TEST_CASE("value_builder: a hash has the first row's fields in column order, without NULLs", "[values]") {
    const std::vector columns = {column("z"), column("none"), column("a", type_kind::boolean)};
    const auto result = build(shape::hash, columns, {{"1", std::nullopt, "t"}, {"2", "x", "f"}});
    using fields = std::vector<std::pair<std::string, std::string>>;
    CHECK(std::get<hash_value>(result.made).fields == fields{{"z", "1"}, {"a", "true"}});
}

TEST_CASE("value_builder: what would be an empty hash, list, set or zset is absent, as Redis has none", "[values]") {
    CHECK(is_absent(build(shape::hash, {column("a"), column("b")}, {{std::nullopt, std::nullopt}}).made));
    CHECK(is_absent(build(shape::list, {column("a")}, {{std::nullopt}}).made));
    CHECK(is_absent(build(shape::set, {column("a")}, {{std::nullopt}}).made));
    CHECK(is_absent(build(shape::zset, scored, {{std::nullopt, "1"}, {"a", std::nullopt}}).made));
}

TEST_CASE("value_builder: a list keeps order and repetitions and leaves NULL out", "[values]") {
    const auto result = build(shape::list, {column("a")}, {{"b"}, {std::nullopt}, {"a"}, {"b"}, {""}});
    CHECK(std::get<list_value>(result.made).elements == std::vector<std::string>{"b", "a", "b", ""});
}

TEST_CASE("value_builder: a set keeps each member once, where it came first", "[values]") {
    const auto result = build(shape::set, {column("a")}, {{"b"}, {"a"}, {std::nullopt}, {"b"}, {"c"}, {"a"}});
    CHECK(std::get<set_value>(result.made).members == std::vector<std::string>{"b", "a", "c"});
}

TEST_CASE("value_builder: a zset is ordered by score and then by the members' bytes, the last score of a member counts", "[values]") {
    const auto result =
        build(shape::zset, scored, {{"b", "2"}, {"\xff", "1"}, {"a", "1"}, {"top", "Infinity"}, {"b", "1"}, {"low", "-Infinity"}});
    using members = std::vector<std::pair<std::string, double>>;
    CHECK(std::get<zset_value>(result.made).members == members{{"low", -infinity}, {"a", 1}, {"b", 1}, {"\xff", 1}, {"top", infinity}});
}

TEST_CASE("value_builder: a zset's columns are found by name in either order", "[values]") {
    const auto result = build(shape::zset, {column("score", type_kind::number), column("member", type_kind::number)}, {{"1.5", "7"}});
    CHECK(std::get<zset_value>(result.made).members.front() == std::pair<std::string, double>{"7", 1.5});
}

TEST_CASE("value_builder: scores are rounded once to the nearest double", "[values]") {
    const auto score = [](std::string_view given) {
        const auto result = build(shape::zset, scored, {{"m", given}});
        return std::get<zset_value>(result.made).members.front().second;
    };
    CHECK(score("0.1") == 0.1);
    CHECK(score("123456789.123456789012345678") == 123456789.123456789012345678);
    CHECK(score("9007199254740993") == 9007199254740992.0);
    CHECK(score("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(score("0." + std::string(400, '0') + "1") == 0.0);
    CHECK_FALSE(std::signbit(score("-0")));
}

TEST_CASE("value_builder: a score that is NaN or too large is a problem", "[values]") {
    for (const std::string& bad :
         {std::string("NaN"), "1" + std::string(400, '0'), "-1" + std::string(400, '0'), std::string("x"), std::string()}) {
        const auto result = build(shape::zset, scored, {{"ok", "1"}, {"m", bad}});
        INFO(bad);
        CHECK(result.problem == "shape 'zset' needs scores that a double can hold; one is NaN or out of range");
        CHECK(result.rows_taken == 1);
        CHECK(is_absent(result.made));
    }
}

TEST_CASE("value_builder: the row limit refuses the first row too many, for every shape", "[values]") {
    for (const shape each : every_shape) {
        const auto fits = build(each, columns_for(each), {row_for(each, "1"), row_for(each, "2")}, {2, 1'000});
        const auto passes = build(each, columns_for(each), {row_for(each, "1"), row_for(each, "2"), row_for(each, "3")}, {2, 1'000});
        INFO(respgres::conf::to_string(each));
        CHECK(fits.problem.empty());
        CHECK(passes.problem == "more than max_rows = 2 rows");
        CHECK(passes.rows_taken == 2);
        CHECK(is_absent(passes.made));
    }
}

TEST_CASE("value_builder: the byte limit is the finished value's size exactly, for every shape", "[values]") {
    for (const shape each : every_shape) {
        const std::vector<row> rows = {row_for(each, "11"), row_for(each, "22")};
        const std::size_t size = size_of(build(each, columns_for(each), rows).made);
        INFO(respgres::conf::to_string(each));
        REQUIRE(size > 0);

        CHECK(build(each, columns_for(each), rows, {10, size}).problem.empty());
        const auto passes = build(each, columns_for(each), rows, {10, size - 1});
        CHECK(passes.problem == "more than max_bytes = " + std::to_string(size - 1) + " bytes");
        CHECK(is_absent(passes.made));
    }
}

TEST_CASE("value_builder: a huge value is refused before it is copied", "[values]") {
    const std::string huge(10'000, 'x');
    CHECK(build(shape::string, {column("a")}, {{huge}}, {10, 100}).problem == "more than max_bytes = 100 bytes");
}

TEST_CASE("value_builder: columns that cannot be the shape are a problem before any row", "[values]") {
    value_builder builder(shape::counter, no_limits);
    builder.on_columns(std::vector{column("a"), column("b")});
    CHECK(builder.problem() == "shape 'counter' needs one integer column, the query returns 2");
    CHECK_FALSE(builder.on_row(row{"1", "2"}));
    CHECK(is_absent(builder.finish()));
}

TEST_CASE("value_builder: a row of another width than the columns is refused, not read past its end", "[values]") {
    value_builder builder(shape::json, no_limits);
    CHECK_FALSE(builder.on_row(row{"1"}));
    builder.on_columns(std::vector{column("a"), column("b")});
    CHECK_FALSE(builder.on_row(row{"1"}));
    CHECK(builder.problem() == "the result's rows do not fit its columns");
}

TEST_CASE("value_builder: finish leaves it empty, and it can be fed again", "[values]") {
    value_builder builder(shape::list, no_limits);
    builder.on_columns(std::vector{column("a")});
    REQUIRE(builder.on_row(row{"1"}));
    CHECK_FALSE(is_absent(builder.finish()));
    CHECK(is_absent(builder.finish()));
    builder.on_columns(std::vector{column("a")});
    REQUIRE(builder.on_row(row{"2"}));
    CHECK(std::get<list_value>(builder.finish()).elements == std::vector<std::string>{"2"});
}
