#include "protocol/http/http_response.hpp"
#include "protocol/http/json_text.hpp"

#include <catch2/catch.hpp>

using namespace respgres::protocol;
using namespace std::literals;

namespace {

std::string written(const http_response& response) {
    std::string out;
    append_response(out, response);
    return out;
}

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("http_response: status line, headers and body", "[protocol]") {
    http_response response;
    response.body = "{}";
    response.headers.emplace_back("Allow", "GET, HEAD");

    CHECK(written(response) ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive\r\nCache-Control: no-store\r\n"
          "X-Content-Type-Options: nosniff\r\nAllow: GET, HEAD\r\n\r\n{}");
}

TEST_CASE("http_response: the answer to HEAD has the headers of the body only", "[protocol]") {
    http_response response;
    response.body = "12345";
    response.head_only = true;

    const std::string bytes = written(response);

    CHECK(bytes.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("http_response: 204 has no content and no length", "[protocol]") {
    http_response response;
    response.status = 204;
    response.body = "not sent";

    const std::string bytes = written(response);

    CHECK(bytes.starts_with("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n"));
    CHECK(bytes.find("Content-") == bytes.find("Content-Type-Options"));
    CHECK(bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("http_response: header values cannot begin another line", "[protocol]") {
    http_response response;
    response.content_type = "text/plain\r\nSet-Cookie: a";
    response.headers.emplace_back("X", "a\nb\0c"s);

    const std::string bytes = written(response);

    CHECK(bytes.find("Content-Type: text/plain  Set-Cookie: a\r\n") != std::string::npos);
    CHECK(bytes.find("X: a b c\r\n") != std::string::npos);
}

TEST_CASE("http_response: errors are JSON and close the connection", "[protocol]") {
    const http_response response = json_error(404, "no such path: \"/x\"");

    CHECK(response.body == "{\"error\": \"no such path: \\\"/x\\\"\"}\n");
    CHECK(written(response).starts_with(
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 34\r\nConnection: close\r\n"));
}

TEST_CASE("http_response: every status that a request can be refused with has its phrase", "[protocol]") {
    for (const int status : {400, 401, 403, 404, 405, 408, 413, 417, 421, 431, 500, 501, 503, 505})
        CHECK(reason_phrase(status) != "Unknown");
    CHECK(reason_phrase(799) == "Unknown");
}

TEST_CASE("append_json_string: escapes what JSON and terminals must not see", "[protocol]") {
    CHECK(json("a\"b\\c/d") == R"("a\"b\\c/d")");
    CHECK(json("\n\r\t\b\0\x1f\x7f"sv) == R"("\n\r\t\u0008\u0000\u001f\u007f")");
    CHECK(json("") == "\"\"");
}

TEST_CASE("append_json_string: UTF-8 passes, other bytes become U+FFFD", "[protocol]") {
    // Boundaries of table 3-7 of the Unicode standard.
    for (const auto valid :
         {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        CHECK(json(valid) == "\""s + valid + "\"");
    const auto replaced = [](std::string_view bytes) {
        const std::string text = json(bytes);
        return text.find("\xef\xbf\xbd") == 1;
    };
    for (const auto invalid : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe1\x80", "\xf1\x80\x80", "\xc2z"}) {
        INFO(json(invalid));
        CHECK(replaced(invalid));
    }
    CHECK(json("a\xff"
               "b") ==
          "\"a\xef\xbf\xbd"
          "b\"");
    CHECK(json("\xe2\x82z") == "\"\xef\xbf\xbd\xef\xbf\xbdz\"");
}
