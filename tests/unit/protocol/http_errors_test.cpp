// The HTTP rows of the catalogue of bad input, each with its status and reason; nothing behind an error is read as a request.
#include "tests/unit/protocol/http_transcript.hpp"

#include <catch2/catch.hpp>

using namespace respgres::protocol;
using namespace respgres::test;
using namespace std::literals;

namespace {

const std::string next_request = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";

std::string line(std::string_view request_line) {
    return http(std::string(request_line) + "\r\nHost: a\r\n\r\n" + next_request);
}

std::string headers(std::string_view lines) {
    return http("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n\r\n" + next_request);
}

std::string chunks(std::string_view body) {
    return http("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body) + next_request);
}

std::string host(std::string_view value) {
    return http("GET / HTTP/1.1\r\nHost: " + std::string(value) + "\r\n\r\n");
}

}  // namespace

TEST_CASE("http errors: the request line", "[protocol]") {
    CHECK(line("GET /") == "! 400 the request line has no version; HTTP/0.9 is not spoken here");
    CHECK(line("GET http://example.com/ HTTP/1.1") == "! 400 the request target is an absolute URI, but this server is no HTTP proxy");
    CHECK(line("OPTIONS * HTTP/1.1") == "! 400 the request target does not begin with '/'");
    CHECK(line("GET healthz HTTP/1.1") == "! 400 the request target does not begin with '/'");
    CHECK(line("GET /#top HTTP/1.1") == "! 400 the request target holds a fragment ('#')");
    CHECK(line("GET /\xc3\xa9 HTTP/1.1") == "! 400 the request target holds bytes that must be percent-encoded");
    CHECK(line("GET /?a=\tb HTTP/1.1") == "! 400 the request target holds bytes that must be percent-encoded");
    CHECK(line("GET /%4 HTTP/1.1") == "! 400 a '%' in the request target is not followed by two hexadecimal digits");
    CHECK(line("GET /?a=%zz HTTP/1.1") == "! 400 a '%' in the request target is not followed by two hexadecimal digits");
    CHECK(line("GET /%00 HTTP/1.1") == "! 400 the path holds a control character");
    CHECK(line("CONNECT a:80 HTTP/1.1") == "! 501 the request method is not known here");
    CHECK(line("TRACE / HTTP/1.1") == "! 501 the request method is not known here");
    CHECK(line("get / HTTP/1.1") == "! 501 the request method is not known here");
    for (const auto malformed : {"GET", "GET  / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET /a b HTTP/1.1", "GET / http/1.1",
                                 "GET / HTTP/1", "GET / HTTP/1.10", "G(T / HTTP/1.1", "GET / ", "$4"}) {
        INFO(malformed);
        CHECK(line(malformed).starts_with("! 400 the request line "));
    }
}

TEST_CASE("http errors: other versions of HTTP", "[protocol]") {
    for (const auto version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"})
        CHECK(line("GET / "s + version) == "! 505 only HTTP/1.0 and HTTP/1.1 are spoken here");
    CHECK(http("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "! 505 only HTTP/1.0 and HTTP/1.1 are spoken here");
}

TEST_CASE("http errors: RESP on the HTTP port", "[protocol]") {
    CHECK(http("*1\r\n$4\r\nPING\r\n") == "! 400 the request line is not 'METHOD /path HTTP/1.1'");
    CHECK(http("PING\r\n") == "! 400 the request line is not 'METHOD /path HTTP/1.1'");
    CHECK(http("\x16\x03\x01"sv) == "! 400 the request line or a header holds a control character");
}

TEST_CASE("http errors: line ends that are not CRLF", "[protocol]") {
    CHECK(http("GET / HTTP/1.1\nHost: a\n\n") == "! 400 a line ends with LF alone, not with CRLF");
    CHECK(http("GET / HTTP/1.1\r\nHost: a\n\r\n") == "! 400 a line ends with LF alone, not with CRLF");
    CHECK(http("GET / HTTP/1.1\r\nHost: a\r\n\n") == "! 400 a line ends with LF alone, not with CRLF");
    CHECK(http("\nGET / HTTP/1.1\r\n") == "! 400 a line ends with LF alone, not with CRLF");
    CHECK(http("GET / HTTP/1.1\rHost: a\r\r") == "! 400 a CR is not followed by LF");
    CHECK(headers("X: a\rb") == "! 400 a CR is not followed by LF");
    CHECK(headers("X: a\r\r\nY: b") == "! 400 a CR is not followed by LF");
    CHECK(headers("X: a\nContent-Length: 5") == "! 400 a line ends with LF alone, not with CRLF");
    CHECK(http("\r\n\r\nGET / HTTP/1.1\r\n") == "! 400 there are empty lines where a request line was expected");
}

TEST_CASE("http errors: header lines", "[protocol]") {
    CHECK(headers("Content-Length : 3") == "! 400 white space stands before the colon of a header");
    CHECK(headers("X\t: 3") == "! 400 white space stands before the colon of a header");
    CHECK(headers("X: a\r\n folded") == "! 400 a header is continued on a second line");
    CHECK(headers("X: a\r\n\tfolded") == "! 400 a header is continued on a second line");
    CHECK(http("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == "! 400 a header is continued on a second line");
    CHECK(headers("no colon") == "! 400 a header line has no colon");
    CHECK(headers(": x") == "! 400 a header name is not a token");
    CHECK(headers("X(Y): x") == "! 400 a header name is not a token");
    CHECK(headers("X Y: x") == "! 400 a header name is not a token");
    CHECK(headers("X: a\0b"sv) == "! 400 the request line or a header holds a control character");
    CHECK(headers("X: a\x7f") == "! 400 the request line or a header holds a control character");
}

TEST_CASE("http errors: the Host header", "[protocol]") {
    CHECK(http("GET / HTTP/1.1\r\n\r\n") == "! 400 the Host header is missing");
    CHECK(headers("Host: b") == "! 400 there is more than one Host header");
    for (const auto value :
         {"", "a b", "a/b", "user@a", "a:port", "a:65536", "a:", ":80", "[::1", "[]", "[::1]x", "::1", "a,b", "a%41", "\xc3\xa9"}) {
        INFO(value);
        CHECK(host(value) == "! 400 the Host header is malformed");
    }
}

TEST_CASE("http errors: ambiguous or unknown lengths of the body", "[protocol]") {
    CHECK(headers("Content-Length: 3\r\nTransfer-Encoding: chunked") == "! 400 Content-Length and Transfer-Encoding are both given");
    CHECK(headers("Transfer-Encoding: chunked\r\nContent-Length: 3") == "! 400 Content-Length and Transfer-Encoding are both given");
    CHECK(headers("Content-Length: 3\r\nContent-Length: 3") == "! 400 there is more than one Content-Length header");
    CHECK(headers("Content-Length: 3\r\ncontent-length: 4") == "! 400 there is more than one Content-Length header");
    CHECK(headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") == "! 400 there is more than one Transfer-Encoding header");
    for (const auto coding : {"xchunked", "gzip", "gzip, chunked", "chunked, chunked", "chunked, gzip", "identity", "\"chunked\"",
                              "chunked;a=b", "", "chunked,"}) {
        INFO(coding);
        CHECK(headers("Transfer-Encoding: "s + coding) == "! 400 the only transfer coding known here is 'chunked'");
    }
    CHECK(http("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == "! 400 Transfer-Encoding is not part of HTTP/1.0");
    for (const auto length : {"", "+3", "-3", "0x3", "3,3", "3 3", "3.0", "abc", "3;", "18446744073709551616", "99999999999999999999999"}) {
        INFO(length);
        CHECK(headers("Content-Length: "s + length) == "! 400 Content-Length is not a decimal number of a sensible size");
    }
    CHECK(headers("Content-Length: 65537") == "! 413 the body is too large");
    CHECK(headers("Content-Length: 18446744073709551615") == "! 413 the body is too large");
}

TEST_CASE("http errors: expectations and changes of protocol are refused", "[protocol]") {
    CHECK(headers("Expect: 100-continue\r\nContent-Length: 3") ==
          "! 417 no expectation (Expect) is supported; send the body without waiting");
    CHECK(headers("Connection: Upgrade\r\nUpgrade: websocket") == "! 400 a change of protocol (Upgrade) is not offered");
    CHECK(headers("Upgrade: h2c") == "! 400 a change of protocol (Upgrade) is not offered");
}

TEST_CASE("http errors: chunked bodies", "[protocol]") {
    for (const auto size : {"x\r\n", "\r\n", "0x3\r\n", "-1\r\n", "+1\r\n", " 3\r\nabc\r\n", "3 \r\nabc\r\n", "3 ;x\r\nabc\r\n", "\n"}) {
        INFO(size);
        CHECK(chunks(size) == "! 400 a chunk size is not a hexadecimal number");
    }
    CHECK(chunks("FFFFFFFFFFFFFFFF1\r\n") == "! 400 a chunk size has more than eight digits");
    CHECK(chunks("000000003\r\nabc\r\n") == "! 400 a chunk size has more than eight digits");
    CHECK(chunks("ffffffff\r\n") == "! 413 the body is too large");
    CHECK(chunks("3\rabc") == "! 400 a line or chunk of a chunked body does not end with CRLF");
    CHECK(chunks("3\r\nabcd\r\n0\r\n\r\n") == "! 400 a line or chunk of a chunked body does not end with CRLF");
    CHECK(chunks("3\r\nabc\n0\r\n\r\n") == "! 400 a line or chunk of a chunked body does not end with CRLF");
    CHECK(chunks("3\r\nabc\rx") == "! 400 a line or chunk of a chunked body does not end with CRLF");
    CHECK(chunks("0\r\n\n") == "! 400 a line of a chunked body holds a control character");
    CHECK(chunks("0\r\n\rx") == "! 400 a line or chunk of a chunked body does not end with CRLF");
    CHECK(chunks("3;a\nb\r\nabc\r\n") == "! 400 a line of a chunked body holds a control character");
    CHECK(chunks("0\r\nA: b\n\r\n") == "! 400 a line of a chunked body holds a control character");
    CHECK(chunks("0\r\n folded\r\n\r\n") == "! 400 a trailer is continued on a second line");
}

TEST_CASE("http errors: heads that never end", "[protocol]") {
    const auto uncut = [](const std::string& stream) { return http_transcript(cuts{stream}, {}); };
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 200; ++i) many += "X: 1\r\n";

    CHECK(uncut(many) == "! 431 there are too many headers");
    CHECK(uncut("GET / HTTP/1.1\r\nX: " + std::string(65'536, 'a')) == "! 431 the request line and headers are too large");
    CHECK(uncut("GET /" + std::string(65'536, 'a')) == "! 431 the request line and headers are too large");
    CHECK(uncut(std::string(65'536, 'A')) == "! 431 the request line and headers are too large");
}

TEST_CASE("http errors: an error is final", "[protocol]") {
    http_request_reader reader;
    CHECK(reader.next("GET /\r\n").state == http_request_reader::status::error);

    const auto piece = reader.next(next_request);

    CHECK(piece.state == http_request_reader::status::error);
    CHECK(piece.length == 0);
    CHECK(reader.failure().status == 400);
}
