#include "proxy/values/pg_array.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

using respgres::proxy::array_reader;
using token = array_reader::token;

// The tokens in one line: brackets, commas, <element>, NULL; "!" if the literal is malformed.
std::string tokens(std::string_view literal, char delimiter = ',') {
    std::string out;
    array_reader reader(literal, delimiter);
    for (;;) {
        switch (reader.next()) {
            case token::open: out += '['; break;
            case token::close: out += ']'; break;
            case token::separator: out += ','; break;
            case token::element: out.append("<").append(reader.element()) += '>'; break;
            case token::null: out += "NULL"; break;
            case token::end: return out;
            case token::malformed: return out + "!";
        }
    }
}

}  // namespace

TEST_CASE("array_reader: reads elements, NULL and the quoted text NULL", "[values]") {
    CHECK(tokens("{}") == "[]");
    CHECK(tokens("{1,-2.5}") == "[<1>,<-2.5>]");
    CHECK(tokens("{NULL,\"NULL\",null}") == "[NULL,<NULL>,<null>]");
    CHECK(tokens("{\"\",\"a b\",\"{,}\"}") == "[<>,<a b>,<{,}>]");
}

TEST_CASE("array_reader: takes the backslashes of quoted elements away", "[values]") {
    CHECK(tokens(R"({"a\"b","c\\d","\\"})") == R"([<a"b>,<c\d>,<\>])");
    CHECK(tokens(R"({"\"\"","x\\\"y z"})") == R"([<"">,<x\"y z>])");
}

TEST_CASE("array_reader: reads several dimensions and skips lower bounds", "[values]") {
    CHECK(tokens("{{a,b},{c,d}}") == "[[<a>,<b>],[<c>,<d>]]");
    CHECK(tokens("[0:1]={1,2}") == "[<1>,<2>]");
    CHECK(tokens("[-1:-1][2:3]={{1,2}}") == "[[<1>,<2>]]");
    CHECK(tokens("{{{{{{1}}}}}}") == "[[[[[[<1>]]]]]]");
}

TEST_CASE("array_reader: splits at the element type's own delimiter only", "[values]") {
    CHECK(tokens("{(3,4),(1,2);(5,6),(0,0)}", ';') == "[<(3,4),(1,2)>,<(5,6),(0,0)>]");
}

TEST_CASE("array_reader: tells what is no array literal, wherever it breaks off", "[values]") {
    for (const char* literal :
         {"",       "1",     "1 2",    "{",    "}",      "{1",       "{1,",  "{1,}",  "{,1}",   "{1}}", "{1}2",
          "{1}{2}", "{a{b}", "{a\"b}", "{\"a", "{\"a\\", "{\"a\"b}", "{{1}", "[0:1]", "[0:1]=", "[",    "{{{{{{{1}}}}}}}"}) {
        INFO(literal);
        CHECK(tokens(literal).ends_with('!'));
    }
}

TEST_CASE("array_reader: any literal cut short is malformed, and stays so", "[values]") {
    const std::string whole = R"([0:0][1:2]={{"a \"b\\",NULL}})";
    REQUIRE(tokens(whole) == R"([[<a "b\>,NULL]])");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(whole.substr(0, length));
        CHECK(tokens(std::string_view(whole).substr(0, length)).ends_with('!'));
    }
    array_reader reader("}", ',');
    CHECK(reader.next() == token::malformed);
    CHECK(reader.next() == token::malformed);
}
