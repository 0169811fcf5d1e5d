#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respgres::protocol {

struct http_response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;   // further ones, e.g. Allow with 405
    bool keep_alive = true;
    bool head_only = false;                                     // answer to HEAD: the headers of the body, but not the body
};

// "Not Found" for 404 ...; "Unknown" for a status that we never send.
std::string_view reason_phrase(int status);

// Appends the response's bytes: status line, Content-Type, Content-Length, Connection, Cache-Control: no-store,
// X-Content-Type-Options: nosniff, the further headers, the body. Control characters in header values become spaces.
void append_response(std::string& out, const http_response& response);

// {"error": "message"} with that status, and a line feed behind it for those who read it in a terminal.
// keep_alive is false: what follows an error on a connection is not to be trusted. Set it for errors that are not about framing.
http_response json_error(int status, std::string_view message);

}  // namespace respgres::protocol
