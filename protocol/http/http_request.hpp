#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respgres::protocol {

// One HTTP/1.0 or HTTP/1.1 request, read to its end.
struct http_request {
    using pair = std::pair<std::string, std::string>;

    std::string method;                // as sent, upper case: one of GET HEAD POST PUT DELETE PATCH OPTIONS
    std::string target;                // as sent, always beginning with '/'
    std::string path;                  // the part before '?', percent-decoded
    std::vector<pair> parameters;      // of the query, percent-decoded ('+' is a space), in their order
    std::vector<pair> headers;         // names in lower case, values without surrounding white space, in their order; no trailers
    std::string body;
    bool keep_alive = false;           // the client wants the connection to stay open

    // The first one of that name, or null. `name` is in lower case.
    const std::string* header(std::string_view name) const;
    // The first one of that name, or null.
    const std::string* parameter(std::string_view name) const;
};

// What was wrong with a request: the status to answer with, and one sentence.
struct http_failure {
    int status = 0;                    // 0 = nothing
    std::string_view reason;           // a constant text

    explicit operator bool() const { return status != 0; }
};

// Replaces %XX, and '+' by a space when `plus_is_space`. Nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Fills path and parameters from target, which must be in origin form ("/path?query").
http_failure split_target(http_request& request);

}  // namespace respgres::protocol
