#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace respgres::tests {

struct http_reply {
    int status = 0;
    std::map<std::string, std::string> headers;   // names in lower case
    std::string body;                             // chunked bodies are joined
};

// One request on a connection of its own ("Connection: close"). Throws std::runtime_error when nothing comes for 10 s, the connection
// fails, or the reply is cut or no HTTP/1.
http_reply http_get(std::uint16_t port, std::string_view target);
http_reply http_post(std::uint16_t port, std::string_view target, std::string_view body = {});

// Sends `request` as it is and reads until the server closes.
std::string http_raw(std::uint16_t port, std::string_view request);

}  // namespace respgres::tests
