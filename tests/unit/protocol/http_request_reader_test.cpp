#include "tests/unit/protocol/http_transcript.hpp"

#include <catch2/catch.hpp>

using namespace respgres::protocol;
using namespace respgres::test;
using namespace std::literals;

TEST_CASE("http_request_reader: requests cut at every byte are the same requests", "[protocol]") {
    CHECK(http("GET /healthz HTTP/1.1\r\nHost: localhost:9180\r\n\r\n") == "{GET /healthz host=localhost:9180} ");
    CHECK(http("POST /invalidate HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{\"a\":\"\r\n\r\n}GET / HTTP/1.1\r\nHOST: b\r\n\r\n") ==
          "{POST /invalidate host=a content-length=11 body={\"a\":\"\\x0d\\x0a\\x0d\\x0a}} {GET / host=b} ");
    CHECK(http("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nX-Trailer: "
               "no\r\n\r\nGET / HTTP/1.1\r\n"
               "Host: b\r\nConnection: close\r\n\r\n") ==
          "{POST / host=a transfer-encoding=chunked body=abc0123456789} {GET / host=b connection=close close} ");
}

TEST_CASE("http_request_reader: header names become lower case, values lose the white space around them", "[protocol]") {
    CHECK(http("GET / HTTP/1.1\r\nHost: a\r\nX-Two-Words:\t a  b \t\r\nX-Empty:\r\nX-Latin: \xe9\r\nX-Again: 1\r\nX-Again: 2\r\n\r\n") ==
          "{GET / host=a x-two-words=a  b x-empty= x-latin=\\xe9 x-again=1 x-again=2} ");
}

TEST_CASE("http_request_reader: path and parameters are decoded", "[protocol]") {
    const auto target = [](const std::string& text) { return http("GET " + text + " HTTP/1.0\r\n\r\n"); };

    CHECK(target("/explain?key=bet%3A1&raw") == "{GET /explain ?key=bet:1 ?raw= close} ");
    CHECK(target("/a%20b+c?x=1+2%2B3&&y=a=b&x=%00%ff") == "{GET /a b+c ?x=1 2+3 ?y=a=b ?x=\\x00\\xff close} ");
    CHECK(target("/?") == "{GET / close} ");
    CHECK(target("//x/../y") == "{GET //x/../y close} ");
    CHECK(target("/?=v&a?b") == "{GET / ?=v ?a?b= close} ");
}

TEST_CASE("http_request_reader: who wants to keep the connection", "[protocol]") {
    CHECK(http("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n") == "{GET / host=a connection=Close close} ");
    CHECK(http("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n") == "{GET / host=a connection=keep-alive} ");
    CHECK(http("GET / HTTP/1.0\r\n\r\n") == "{GET / close} ");
    CHECK(http("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == "{GET / connection=keep-alive} ");
}

TEST_CASE("http_request_reader: one empty line before a request is skipped", "[protocol]") {
    CHECK(http("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n") == "{GET / host=a} {GET /b host=a} ");
}

TEST_CASE("http_request_reader: names and addresses may be hosts", "[protocol]") {
    for (const auto host : {"localhost", "localhost:9180", "127.0.0.1:1", "[::1]", "[::1]:65535", "a-b_c.example~"}) {
        INFO(host);
        CHECK(http("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n") == "{GET / host="s + host + "} ");
    }
}

TEST_CASE("http_request_reader: the request may be taken away, the first header or parameter of a name is found", "[protocol]") {
    http_request_reader reader;
    const auto piece = reader.next("GET /a?k=1&k=2 HTTP/1.1\r\nHost: h\r\nX: 1\r\nX: 2\r\n\r\nGET /b");
    REQUIRE(piece.state == http_request_reader::status::request);
    CHECK(piece.length == 48);

    const http_request request = std::move(reader.request());
    CHECK(request.target == "/a?k=1&k=2");
    CHECK(*request.header("x") == "1");
    CHECK(*request.parameter("k") == "1");
    CHECK(request.header("y") == nullptr);
    CHECK(request.parameter("y") == nullptr);

    CHECK(reader.is_idle());
    CHECK(reader.next("GET /b").state == http_request_reader::status::incomplete);
    CHECK(!reader.is_idle());
}

TEST_CASE("http_request_reader: a reader that was moved in the middle of a request goes on", "[protocol]") {
    http_request_reader first;
    CHECK(first.next("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab").state == http_request_reader::status::incomplete);

    http_request_reader second(std::move(first));

    CHECK(second.next("cd").state == http_request_reader::status::request);
    CHECK(second.request().body == "abcd");
}

TEST_CASE("http_request_reader: limits hold to the byte", "[protocol]") {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    const http_limits exact{.max_head = head.size(), .max_headers = 2, .max_body = 5};
    CHECK(http(head + "abcde", exact) == "{POST / host=a content-length=5 body=abcde} ");
    CHECK(http(head, {.max_head = head.size() - 1}) == "! 431 the request line and headers are too large");
    CHECK(http(head, {.max_headers = 1}) == "! 431 there are too many headers");
    CHECK(http(head, {.max_body = 4}) == "! 413 the body is too large");

    const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(http(chunked + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", {.max_body = 5}) == "{POST / host=a transfer-encoding=chunked body=abcde} ");
    CHECK(http(chunked + "2\r\nab\r\n4\r\n", {.max_body = 5}) == "! 413 the body is too large");
    CHECK(http(chunked + "1;" + std::string(60, 'x'), {.max_head = 60}) == "! 431 the chunk sizes, extensions and trailers are too large");
}
