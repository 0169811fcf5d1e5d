#include "protocol/http/http_response.hpp"

#include "protocol/http/json_text.hpp"

#include <algorithm>
#include <array>

namespace respgres::protocol {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 24> phrases{{
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
}};

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    const std::size_t start = out.size();
    out.append(value);
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
    out.append("\r\n");
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto found = std::find_if(phrases.begin(), phrases.end(), [=](const auto& row) { return row.first == status; });
    return found == phrases.end() ? "Unknown" : found->second;
}

void append_response(std::string& out, const http_response& response) {
    const bool has_content = response.status != 204 && response.status != 304;   // these two never have any (RFC 9110, 15.3.5, 15.4.5)
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason_phrase(response.status)).append("\r\n");
    if (has_content) {
        append_header(out, "Content-Type", response.content_type);
        append_header(out, "Content-Length", std::to_string(response.body.size()));
    }
    append_header(out, "Connection", response.keep_alive ? "keep-alive" : "close");
    append_header(out, "Cache-Control", "no-store");
    append_header(out, "X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) append_header(out, name, value);
    out.append("\r\n");
    if (has_content && !response.head_only) out.append(response.body);
}

http_response json_error(int status, std::string_view message) {
    http_response response;
    response.status = status;
    response.body = "{\"error\": ";
    append_json_string(response.body, message);
    response.body += "}\n";
    response.keep_alive = false;
    return response;
}

}  // namespace respgres::protocol
