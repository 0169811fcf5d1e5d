// The RESP rows of the catalogue of bad input, each with its exact answer.
#include "tests/unit/protocol/request_transcript.hpp"

#include <catch2/catch.hpp>

using namespace respgres::test;
using namespace std::literals;

namespace {

// The error that ends `stream`, without what every protocol error begins with.
std::string protocol_error(std::string_view stream) {
    constexpr std::string_view prefix = "! ERR Protocol error: ";
    const std::string transcript = requests(stream);
    return transcript.starts_with(prefix) ? transcript.substr(prefix.size()) : "no protocol error: " + transcript;
}

constexpr auto http = "! ERR this port speaks RESP, not HTTP; the admin endpoint is on another port (see admin.listen)";

}  // namespace

TEST_CASE("request errors: binary garbage is named by its first byte", "[protocol]") {
    CHECK(protocol_error("\x00\x01\xff\r\n"sv) == "unexpected byte 0x00, expected '*' or an inline command");
    CHECK(protocol_error("\xff") == "unexpected byte 0xff, expected '*' or an inline command");
    CHECK(protocol_error("SET a\0b c\r\n"sv) == "unexpected byte 0x00 in an inline command");
    CHECK(protocol_error("SET \"a\0b\" c\r\n"sv) == "unexpected byte 0x00 in an inline command");
}

TEST_CASE("request errors: HTTP on the RESP port is told where it belongs", "[protocol]") {
    CHECK(requests("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == http);
    CHECK(requests("GET /metrics?a='b HTTP/1.0\r\n") == http);
    CHECK(requests("HEAD / HTTP/1.1\r\n") == http);
    CHECK(requests("POST / HTTP/1.1\r\n") == http);
    CHECK(requests("post /\r\n") == http);
    CHECK(requests("PUT /x HTTP/1.1\r\n") == http);
    CHECK(requests("OPTIONS * HTTP/1.1\r\n") == http);
    CHECK(requests("PRI * HTTP/2.0\r\n") == http);
    CHECK(requests("Host: example.com\r\n") == http);
    CHECK(requests("PING\r\nhost: x\r\n") == "[PING] "s + http);
}

TEST_CASE("request errors: TLS on a plain port is told which port it needs", "[protocol]") {
    CHECK(requests("\x16\x03\x01"sv) ==
          "! ERR this port speaks plain RESP, not TLS; a port that does is written tls:host:port (see server.listen)");
}

TEST_CASE("request errors: Redis commands that only look like HTTP are let through", "[protocol]") {
    CHECK(requests("GET key\r\n") == "[GET][key] ");
    CHECK(requests("GET /path\r\n") == "[GET][/path] ");
    CHECK(requests("GET HTTP/1.1\r\n") == "[GET][HTTP/1.1] ");
    CHECK(requests("SET / HTTP/1.1\r\n") == "[SET][/][HTTP/1.1] ");
    CHECK(requests("*3\r\n$3\r\nGET\r\n$1\r\n/\r\n$8\r\nHTTP/1.1\r\n") == "[GET][/][HTTP/1.1] ");
}

TEST_CASE("request errors: an argument count that is no canonical number", "[protocol]") {
    for (const auto stream : {"*abc\r\n", "*\r\n", "*+1\r\n", "* 1\r\n", "*01\r\n", "*00\r\n", "*1x\r\n", "*-\r\n", "*-0\r\n", "*-01\r\n",
                              "*--1\r\n", "*1\n$4\r\nPING\r\n", "*1\rx", "*9223372036854775808x", "*-9223372036854775809\r\n"}) {
        INFO(stream);
        CHECK(protocol_error(stream) == "invalid multibulk length");
    }
}

TEST_CASE("request errors: an argument count beyond the limit is named with the limit", "[protocol]") {
    CHECK(protocol_error("*2147483648\r\n") == "invalid multibulk length (got 2147483648, limit 65536)");
    CHECK(protocol_error("*1048577\r\n") == "invalid multibulk length (got 1048577, limit 65536)");
    CHECK(protocol_error("*65537\r\n") == "invalid multibulk length (got 65537, limit 65536)");
    CHECK(protocol_error("*9999999999999999999\r\n") == "invalid multibulk length (got 9999999999999999999, limit 65536)");
}

TEST_CASE("request errors: a bulk length that is no canonical number", "[protocol]") {
    for (const auto length : {"$abc\r\n", "$\r\n", "$-1\r\n", "$0004\r\n", "$+4\r\n", "$ 4\r\n", "$4 \r\n", "$4\nPING\r\n", "$4\rP"}) {
        INFO(length);
        CHECK(protocol_error("*1\r\n"s + length) == "invalid bulk length");
    }
}

TEST_CASE("request errors: a bulk beyond the limit is named with the limit", "[protocol]") {
    CHECK(protocol_error("*1\r\n$536870913\r\n") == "invalid bulk length (got 536870913, limit 16777216)");
    CHECK(protocol_error("*1\r\n$16777217\r\n") == "invalid bulk length (got 16777217, limit 16777216)");
    CHECK(protocol_error("*1\r\n$9223372036854775808\r\n") == "invalid bulk length (got 9223372036854775808, limit 16777216)");
    CHECK(requests("*1\r\n$16777216\r\n") == "...");
}

TEST_CASE("request errors: lengths of twenty digits end the wait at once", "[protocol]") {
    CHECK(requests("*1234567890123456789") == "...");
    CHECK(protocol_error("*12345678901234567890") == "too big mbulk count string");
    CHECK(protocol_error("*-12345678901234567890") == "too big mbulk count string");
    CHECK(requests("*1\r\n$1234567890123456789") == "...");
    CHECK(protocol_error("*1\r\n$12345678901234567890") == "too big bulk count string");
    CHECK(requests_uncut("*" + std::string(70'000, '9')) == "! ERR Protocol error: too big mbulk count string");
}

TEST_CASE("request errors: only bulk strings may be arguments", "[protocol]") {
    CHECK(protocol_error("*1\r\n:5\r\n") == "expected '$', got ':'");
    CHECK(protocol_error("*1\r\n*1\r\n$4\r\nPING\r\n") == "expected '$', got '*'");
    CHECK(protocol_error("*2\r\n$3\r\nGET\r\n+k\r\n") == "expected '$', got '+'");
    CHECK(protocol_error("*1\r\n\0"sv) == "expected '$', got byte 0x00");
    CHECK(protocol_error("*1\r\n\r\n") == "expected '$', got byte 0x0d");
    CHECK(protocol_error("*1\r\n\xe9") == "expected '$', got byte 0xe9");
}

TEST_CASE("request errors: a bulk that is not followed by CRLF, where Redis does not look", "[protocol]") {
    CHECK(protocol_error("*1\r\n$4\r\nPINGxx*1\r\n") == "bulk of 4 bytes not followed by CRLF");
    CHECK(protocol_error("*1\r\n$4\r\nPING\n*") == "bulk of 4 bytes not followed by CRLF");
    CHECK(protocol_error("*1\r\n$4\r\nPINGx\n") == "bulk of 4 bytes not followed by CRLF");
    CHECK(protocol_error("*1\r\n$4\r\nPING\rx") == "bulk of 4 bytes not followed by CRLF");
    CHECK(protocol_error("*1\r\n$3\r\nPING\r\n") == "bulk of 3 bytes not followed by CRLF");
    CHECK(protocol_error("*1\r\n$0\r\n$4") == "bulk of 0 bytes not followed by CRLF");
}

TEST_CASE("request errors: inline commands of more than 64 KiB are refused, with and without an end", "[protocol]") {
    const std::string line = "ECHO " + std::string(65'536 - 5, 'a');

    CHECK(requests_uncut(line + "\r\n") == "[ECHO][" + line.substr(5) + "] ");
    CHECK(requests_uncut(line + "\n") == "[ECHO][" + line.substr(5) + "] ");
    CHECK(requests_uncut(line + "\r") == "...");
    CHECK(requests_uncut(line + "a\r\n") == "! ERR Protocol error: too big inline request");
    CHECK(requests_uncut(line + "aa") == "! ERR Protocol error: too big inline request");
    CHECK(requests_uncut(std::string(70'000, 'a')) == "! ERR Protocol error: too big inline request");
}

TEST_CASE("request errors: unbalanced quotes", "[protocol]") {
    for (const auto line : {"\"unb\r\n", "ECHO \"a\r\n", "ECHO 'a\r\n", "ECHO \"a\"b\r\n", "ECHO 'a'b\r\n", "ECHO \"a\"\"b\"\r\n",
                            "ECHO \"a\\\"\r\n", "ECHO 'a\\'\r\n", "ECHO a\"\r\n", "ECHO \"a\\\r\n", "ECHO \"\\x4\r\n"}) {
        INFO(line);
        CHECK(protocol_error(line) == "unbalanced quotes in request");
    }
}

TEST_CASE("request errors: texts hold no control character whatever was sent", "[protocol]") {
    for (int first = 0; first < 256; ++first)
        for (const std::string_view before : {""sv, "*"sv, "*1\r\n"sv, "*1\r\n$"sv, "*1\r\n$1\r\nx"sv, "a \0"sv}) {
            const std::string transcript = requests_uncut(std::string(before) + static_cast<char>(first) + "\r\n\r\n");
            const bool clean = transcript.find_first_of("\r\n\t\0"sv) == std::string::npos;
            INFO(shown(transcript));
            CHECK(clean);
        }
}
