#include "proxy/values/json_writer.hpp"
#include "tests/unit/proxy/values/building.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace respgres::tests;

std::string json(type_kind kind, std::string_view text) {
    std::string out;
    respgres::proxy::append_json(out, column("x", kind), text);
    return out;
}

std::string json_array(type_kind kind, std::string_view text, char delimiter = ',') {
    auto type = array_column("x", kind);
    type.delimiter = delimiter;
    std::string out;
    respgres::proxy::append_json(out, type, text);
    return out;
}

}  // namespace

TEST_CASE("json_writer: strings are escaped as PostgreSQL escapes them", "[values]") {
    CHECK(json(type_kind::text, "") == R"("")");
    CHECK(json(type_kind::text, "plain") == R"("plain")");
    CHECK(json(type_kind::text, "\b\f\n\r\t\"\\/") == R"("\b\f\n\r\t\"\\/")");
    CHECK(json(type_kind::text, "\x01\x1f\x7f") == "\"\\u0001\\u001f\x7f\"");
    CHECK(json(type_kind::text, "é€😀") == "\"é€😀\"");
}

TEST_CASE("json_writer: numbers keep their digits, and what JSON has no number for is a string", "[values]") {
    CHECK(json(type_kind::number, "-12345678901234567890.1234567890") == "-12345678901234567890.1234567890");
    CHECK(json(type_kind::number, "1e+20") == "1e+20");
    CHECK(json(type_kind::number, "NaN") == R"("NaN")");
    CHECK(json(type_kind::number, "Infinity") == R"("Infinity")");
    CHECK(json(type_kind::number, "-Infinity") == R"("-Infinity")");
}

TEST_CASE("json_writer: an oid is a string, as to_json has it", "[values]") {
    auto oid = column("x", type_kind::number);
    oid.type_oid = 26;
    std::string out;
    respgres::proxy::append_json(out, oid, "1259");
    CHECK(out == R"("1259")");
}

TEST_CASE("json_writer: booleans, JSON and bytea", "[values]") {
    CHECK(json(type_kind::boolean, "t") == "true");
    CHECK(json(type_kind::boolean, "f") == "false");
    CHECK(json(type_kind::json, R"({"a" : [1, 2]})") == R"({"a" : [1, 2]})");
    CHECK(json(type_kind::bytea, R"(\x00ff)") == R"("\\x00ff")");
}

TEST_CASE("json_writer: timestamps are ISO 8601 with the offset's minutes", "[values]") {
    CHECK(json(type_kind::timestamp, "2026-11-22 18:55:00.123") == R"("2026-11-22T18:55:00.123")");
    CHECK(json(type_kind::timestamp, "0044-03-15 12:00:00 BC") == R"("0044-03-15T12:00:00 BC")");
    CHECK(json(type_kind::timestamp, "infinity") == R"("infinity")");
    CHECK(json(type_kind::timestamptz, "2026-11-22 18:55:00+00") == R"("2026-11-22T18:55:00+00:00")");
    CHECK(json(type_kind::timestamptz, "2026-11-22 18:55:00.5-03:30") == R"("2026-11-22T18:55:00.5-03:30")");
    CHECK(json(type_kind::timestamptz, "1800-01-01 00:00:00+05:53:28") == R"("1800-01-01T00:00:00+05:53:28")");
    CHECK(json(type_kind::timestamptz, "0044-03-15 12:00:00+00 BC") == R"("0044-03-15T12:00:00+00:00 BC")");
    CHECK(json(type_kind::timestamptz, "-infinity") == R"("-infinity")");
}

TEST_CASE("json_writer: a timestamp's text of another form loses nothing", "[values]") {
    CHECK(json(type_kind::timestamptz, "2026-11-22 18:55:00+") == R"("2026-11-22T18:55:00+:00")");
    CHECK(json(type_kind::timestamptz, "") == R"("")");
    CHECK(json(type_kind::timestamp, "odd") == R"("odd")");
}

TEST_CASE("json_writer: arrays become JSON arrays of their elements' JSON", "[values]") {
    CHECK(json_array(type_kind::text, R"({a,"b c",NULL,"NULL","","q\"\\"})") == R"(["a","b c",null,"NULL","","q\"\\"])");
    CHECK(json_array(type_kind::number, "{{1.50,NaN},{2,NULL}}") == R"([[1.50,"NaN"],[2,null]])");
    CHECK(json_array(type_kind::number, "[0:1]={1,2}") == "[1,2]");
    CHECK(json_array(type_kind::number, "{}") == "[]");
    CHECK(json_array(type_kind::boolean, "{t,f}") == "[true,false]");
    CHECK(json_array(type_kind::json, R"({"{\"a\": [1, 2]}","null"})") == R"([{"a": [1, 2]},null])");
    CHECK(json_array(type_kind::bytea, R"({"\\xdead"})") == R"(["\\xdead"])");
    CHECK(json_array(type_kind::timestamptz, R"({"2026-11-22 18:55:00+00"})") == R"(["2026-11-22T18:55:00+00:00"])");
    CHECK(json_array(type_kind::text, "{(3,4),(1,2);(5,6),(0,0)}", ';') == R"j(["(3,4),(1,2)","(5,6),(0,0)"])j");
}

TEST_CASE("json_writer: an array literal that cannot be read becomes one string", "[values]") {
    CHECK(json_array(type_kind::number, "1 2") == R"("1 2")");
    CHECK(json_array(type_kind::text, R"({a,"b)") == R"("{a,\"b")");
}
