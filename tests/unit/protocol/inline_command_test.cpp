// Inline commands: every expected word was given by redis-server 7.0.15 for the same line (ECHO).
#include "tests/unit/protocol/request_transcript.hpp"

#include <catch2/catch.hpp>

using namespace respgres::test;
using namespace std::literals;

TEST_CASE("inline commands: white space separates words, whatever ends the line", "[protocol]") {
    CHECK(requests("PING\r\n") == "[PING] ");
    CHECK(requests("PING\n") == "[PING] ");
    CHECK(requests("  SET \t a   b  \r\n") == "[SET][a][b] ");
    CHECK(requests("ECHO a\rb\r\n") == "[ECHO][a][b] ");
    CHECK(requests("ECHO a\r\r\n") == "[ECHO][a] ");
}

TEST_CASE("inline commands: vertical tabs and form feeds separate only where Redis says so", "[protocol]") {
    CHECK(requests("ECHO a\vb\r\n") == "[ECHO][a\\x0bb] ");
    CHECK(requests("ECHO \va\r\n") == "[ECHO][a] ");
    CHECK(requests("ECHO \"a\"\v\r\n") == "[ECHO][a] ");
    CHECK(requests("ECHO \"a\"\fb\r\n") == "[ECHO][a][b] ");
}

TEST_CASE("inline commands: double quotes know escapes", "[protocol]") {
    CHECK(requests("ECHO \"a b\"\r\n") == "[ECHO][a b] ");
    CHECK(requests("ECHO \"\"\r\n") == "[ECHO][] ");
    CHECK(requests(R"(ECHO "\x41\n\q\a\b\r\t")"s + "\r\n") == "[ECHO][A\\x0aq\\x07\\x08\\x0d\\x09] ");
    CHECK(requests(R"(ECHO "\x00\xfF")"s + "\r\n") == "[ECHO][\\x00\\xff] ");
    CHECK(requests(R"(ECHO "a\\")"s + "\r\n") == "[ECHO][a\\] ");
    CHECK(requests(R"(ECHO "a\"b")"s + "\r\n") == "[ECHO][a\"b] ");
    CHECK(requests(R"(ECHO "a'b")"s + "\r\n") == "[ECHO][a'b] ");
    CHECK(requests("ECHO \"a\r\"\r\n") == "[ECHO][a\\x0d] ");
}

TEST_CASE("inline commands: incomplete hexadecimal escapes are taken literally", "[protocol]") {
    CHECK(requests(R"(ECHO "x\x4")"s + "\r\n") == "[ECHO][xx4] ");
    CHECK(requests(R"(ECHO "\xZZ")"s + "\r\n") == "[ECHO][xZZ] ");
    CHECK(requests("ECHO \"ax\xff\"\r\n") == "[ECHO][ax\\xff] ");
}

TEST_CASE("inline commands: single quotes know only the escaped quote", "[protocol]") {
    CHECK(requests(R"(ECHO 'a\'b\n')"s + "\r\n") == "[ECHO][a'b\\n] ");
    CHECK(requests("ECHO '\"'\r\n") == "[ECHO][\"] ");
    CHECK(requests("ECHO ''\n") == "[ECHO][] ");
}

TEST_CASE("inline commands: quotes may begin inside a word, escapes only inside quotes", "[protocol]") {
    CHECK(requests("ECHO a\"b c\"\r\n") == "[ECHO][ab c] ");
    CHECK(requests("ECHO ab'c d'\r\n") == "[ECHO][abc d] ");
    CHECK(requests("ECHO \\x41\r\n") == "[ECHO][\\x41] ");
    CHECK(requests("SET \"a\" 'b' c\"d\"\r\n") == "[SET][a][b][cd] ");
}
