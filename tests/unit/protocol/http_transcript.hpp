#pragma once

#include "protocol/http/http_request_reader.hpp"
#include "tests/unit/protocol/every_split.hpp"

namespace respgres::test {

inline std::string shown(const protocol::http_request& request) {
    std::string text = "{" + request.method + " " + shown(request.path);
    for (const auto& [name, value] : request.parameters) text += " ?" + shown(name) + "=" + shown(value);
    for (const auto& [name, value] : request.headers) text += " " + name + "=" + shown(value);
    if (!request.body.empty()) text += " body=" + shown(request.body);
    return text + (request.keep_alive ? "} " : " close} ");
}

// "{METHOD path ?parameter=value header=value body=... close} " per request, "! status reason" for an error, "..." when one is half read.
inline std::string http_transcript(const cuts& pieces, const protocol::http_limits& limits) {
    using status = protocol::http_request_reader::status;
    protocol::http_request_reader reader(limits);
    std::string transcript;
    for (std::string_view piece : pieces)
        while (!piece.empty()) {
            const std::string moved(piece);   // its own memory, so that a reader that keeps a view is found out
            const auto [length, state] = reader.next(moved);
            piece.remove_prefix(length);
            if (state == status::error)
                return transcript + "! " + std::to_string(reader.failure().status) + " " + std::string(reader.failure().reason);
            if (state == status::request)
                transcript += shown(reader.request());
            else if (!piece.empty())
                return transcript + "stopped without a reason";
        }
    const bool all_read = reader.next("").state == status::incomplete && reader.is_idle();
    return all_read ? transcript : transcript + "...";
}

inline std::string http(std::string_view stream, const protocol::http_limits& limits = {}) {
    return read_at_every_split(stream, [&](const cuts& pieces) { return http_transcript(pieces, limits); });
}

}  // namespace respgres::test
