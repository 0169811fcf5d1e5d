#pragma once

#include "protocol/resp/request_parser.hpp"
#include "tests/unit/protocol/every_split.hpp"

namespace respgres::test {

// Feeds the pieces to a parser as a connection would, except that the input moves in memory before every call.
// The transcript: "[word][word] " per command, "- " for nothing, "! text" for an error, "..." when bytes are left over.
inline std::string request_transcript(const cuts& pieces, const protocol::request_limits& limits) {
    using status = protocol::request_parser::status;
    protocol::request_parser parser(limits);
    std::string transcript;
    std::string buffer;
    for (const std::string_view piece : pieces) {
        buffer.append(piece);
        for (bool more = true; more;) {
            const std::string moved(buffer);
            buffer.assign(buffer.size(), '?');
            switch (parser.next(moved)) {
                case status::command:
                    for (const std::string_view word : parser.arguments()) transcript += "[" + shown(word) + "]";
                    transcript += ' ';
                    if (!parser.frame().empty() && parser.frame() != std::string_view(moved).substr(0, parser.consumed()))
                        transcript += "the frame is not what was consumed ";
                    buffer = moved.substr(parser.consumed());
                    break;
                case status::nothing:
                    transcript += "- ";
                    buffer = moved.substr(parser.consumed());
                    break;
                case status::incomplete:
                    if (parser.wanted() <= moved.size()) transcript += "wanted() asks for no more than there is ";
                    buffer = moved;
                    more = false;
                    break;
                case status::error: return transcript + "! " + parser.error();
            }
        }
    }
    return buffer.empty() ? transcript : transcript + "...";
}

// The transcript of `stream`, the same at every split.
inline std::string requests(std::string_view stream, const protocol::request_limits& limits = {}) {
    return read_at_every_split(stream, [&](const cuts& pieces) { return request_transcript(pieces, limits); });
}

// For streams too long to be cut at every byte.
inline std::string requests_uncut(std::string_view stream, const protocol::request_limits& limits = {}) {
    return request_transcript(cuts{stream}, limits);
}

}  // namespace respgres::test
