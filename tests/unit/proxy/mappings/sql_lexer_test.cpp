#include "proxy/mappings/sql_lexer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace respgres::proxy;

namespace {

std::vector<std::string> tokens(std::string_view sql) {
    sql_lexer lexer(sql);
    std::vector<std::string> out;
    for (auto t = lexer.next();; t = lexer.next()) {
        if (t.kind == sql_token_kind::bad) out.push_back("bad: " + std::string(lexer.complaint()));
        if (t.kind == sql_token_kind::bad || t.kind == sql_token_kind::end) return out;
        CHECK(sql.substr(t.begin, t.text.size()) == t.text);
        out.emplace_back(t.text);
    }
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("sql_lexer: cuts words, names, numbers, parameters and symbols", "[mappings]") {
    CHECK(tokens("SELECT a.b, 1.5e-3 FROM \"T x\" WHERE c>=:d") ==
          list{"SELECT", "a", ".", "b", ",", "1.5e-3", "FROM", "\"T x\"", "WHERE", "c", ">", "=", ":d"});
    CHECK(tokens("a::int b:=:c $12 x$1 \xc3\xa9t\xc3\xa9") == list{"a", "::", "int", "b", ":=", ":c", "$12", "x$1", "\xc3\xa9t\xc3\xa9"});
    CHECK(tokens(":a_1:b") == list{":a_1", ":b"});
    CHECK(tokens(": a :1 :") == list{":", "a", ":", "1", ":"});
    CHECK(tokens("1e5 1e 1E'x\\'' 1.2.") == list{"1e5", "1", "e", "1", "E'x\\''", "1.2."});
}

TEST_CASE("sql_lexer: strings end where PostgreSQL ends them", "[mappings]") {
    CHECK(tokens("'a''b' 'c\\' 'd'") == list{"'a''b'", "'c\\'", "'d'"});
    CHECK(tokens("E'a\\'b' e'\\\\' x") == list{"E'a\\'b'", "e'\\\\'", "x"});
    CHECK(tokens("fooE'a\\' b") == list{"fooE", "'a\\'", "b"});
    CHECK(tokens("U&'\\' N'\\' B'1' X'f'") == list{"U", "&", "'\\'", "N", "'\\'", "B", "'1'", "X", "'f'"});
    CHECK(tokens("U&\"a\"\"b\" \"c'd\"") == list{"U", "&", "\"a\"\"b\"", "\"c'd\""});
    CHECK(tokens("E'a' -- x\n 'b\\'c' d") == list{"E'a' -- x\n 'b\\'c'", "d"});
    CHECK(tokens("E'a' 'b\\' c") == list{"E'a'", "'b\\'", "c"});
}

TEST_CASE("sql_lexer: dollar quotes end at their own tag", "[mappings]") {
    CHECK(tokens("$$a'b$$ c") == list{"$$a'b$$", "c"});
    CHECK(tokens("$x$a$$b$y$c$x$ d") == list{"$x$a$$b$y$c$x$", "d"});
    CHECK(tokens("$x$a$x b$x$") == list{"$x$a$x b$x$"});
    CHECK(tokens("a$b$ c") == list{"a$b$", "c"});
    CHECK(tokens("$\xc3\xa9$a$\xc3\xa9$") == list{"$\xc3\xa9$a$\xc3\xa9$"});
    CHECK(tokens("$ a $1$") == list{"$", "a", "$1", "$"});
}

TEST_CASE("sql_lexer: comments are skipped, and nest", "[mappings]") {
    CHECK(tokens("a -- ' :b\nc") == list{"a", "c"});
    CHECK(tokens("a --x\rb") == list{"a", "b"});
    CHECK(tokens("a/* ' /* :b */ ' */c") == list{"a", "c"});
    CHECK(tokens("a/**/b/***/c/*/**/*/d") == list{"a", "b", "c", "d"});
    CHECK(tokens("1--1") == list{"1"});
    CHECK(tokens("a - - b / * c") == list{"a", "-", "-", "b", "/", "*", "c"});
}

TEST_CASE("sql_lexer: what does not end is bad at its beginning, and stays bad", "[mappings]") {
    for (const auto& [sql, begin, says] :
         std::vector<std::tuple<std::string, std::size_t, std::string>>{{"a 'b", 2, "string does not end"},
                                                                        {"a E'b\\'", 2, "string does not end"},
                                                                        {"a E'b\\", 2, "string does not end"},
                                                                        {"a \"b", 2, "quoted name does not end"},
                                                                        {"a $x$b$y$", 2, "dollar-quoted string does not end"},
                                                                        {"a /* /* */", 2, "comment does not end"},
                                                                        {"a /*", 2, "comment does not end"},
                                                                        {"a /*/", 2, "comment does not end"}}) {
        INFO(sql);
        sql_lexer lexer(sql);
        CHECK(lexer.next().text == "a");
        const auto bad = lexer.next();
        CHECK(bad.kind == sql_token_kind::bad);
        CHECK(bad.begin == begin);
        CHECK(std::string(lexer.complaint()).find(says) != std::string::npos);
        CHECK(lexer.next().kind == sql_token_kind::bad);
    }
}
