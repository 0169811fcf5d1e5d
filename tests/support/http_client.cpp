#include "tests/support/http_client.hpp"

#include "tests/support/socket_stream.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace respgres::tests {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// The next line of `text` without its CRLF; `text` then begins behind it.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find("\r\n");
    if (end == text.npos) throw std::runtime_error("cut HTTP reply");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

std::string join_chunks(std::string_view text) {
    std::string out;
    for (;;) {
        const auto size = std::stoul(std::string(take_line(text)), nullptr, 16);
        if (size == 0) return out;
        if (text.size() < size + 2) throw std::runtime_error("cut HTTP chunk");
        out.append(text.substr(0, size));
        text.remove_prefix(size + 2);
    }
}

http_reply parse(std::string_view text) {
    http_reply reply;
    const auto status_line = take_line(text);
    if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12)
        throw std::runtime_error("no HTTP: '" + std::string(status_line) + "'");
    reply.status = std::stoi(std::string(status_line.substr(9, 3)));
    for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
        const auto colon = line.find(':');
        if (colon == line.npos) throw std::runtime_error("no header: '" + std::string(line) + "'");
        const auto value = line.find_first_not_of(' ', colon + 1);
        reply.headers[lower(line.substr(0, colon))] = value == line.npos ? "" : std::string(line.substr(value));
    }
    if (reply.headers.contains("transfer-encoding")) {
        reply.body = join_chunks(text);
    } else {
        const auto length = reply.headers.find("content-length");
        if (length != reply.headers.end() && std::stoul(length->second) != text.size())
            throw std::runtime_error("content-length " + length->second + ", body of " + std::to_string(text.size()));
        reply.body = text;
    }
    return reply;
}

http_reply request(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body) {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
    if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return parse(http_raw(port, text.append("\r\n").append(body)));
}

}  // namespace

http_reply http_get(std::uint16_t port, std::string_view target) {
    return request(port, "GET", target, {});
}

http_reply http_post(std::uint16_t port, std::string_view target, std::string_view body) {
    return request(port, "POST", target, body);
}

std::string http_raw(std::uint16_t port, std::string_view request) {
    socket_stream stream(port);
    stream.write(request);
    std::string received;
    while (stream.read_some(received)) {
    }
    return received;
}

}  // namespace respgres::tests
