// libFuzzer: where replies end does not depend on how the stream is cut, and agrees with a plain recursive reader.
#include "protocol/resp/reply_framer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

using namespace respgres::protocol;
using status = reply_framer::status;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string transcript(std::string_view stream, std::size_t step) {
    reply_framer framer;
    std::string ends;
    for (std::size_t at = 0; at < stream.size();) {
        const std::string_view piece = stream.substr(at, step);
        const auto [length, state] = framer.next(piece);
        require(length <= piece.size() && (state != status::incomplete || length == piece.size()));
        at += length;
        if (state == status::malformed) return ends + "!" + std::to_string(at);
        if (state == status::complete) ends += framer.type() + std::to_string(at) + " ";
    }
    return ends;
}

// The end of the reply at `at`, or nothing when it is not complete and well-formed. Written to be obvious, not fast.
std::optional<std::size_t> end_of_reply(std::string_view stream, std::size_t at, int depth) {
    const std::size_t cr = stream.find_first_of("\r\n", at);
    if (cr == std::string_view::npos || stream.substr(cr, 2) != "\r\n") return std::nullopt;
    const char type = stream[at];
    const std::string_view line = stream.substr(at + 1, cr - at - 1);
    const std::size_t next = cr + 2;
    if (std::string_view("+-:_#,(").find(type) != std::string_view::npos) return next;
    if ((type == '$' || type == '*') && line == "-1") return next;
    const bool canonical =
        !line.empty() && line.find_first_not_of("0123456789") == std::string_view::npos && (line.front() != '0' || line == "0");
    if (!canonical || line.size() > 18)   // no stream here holds 10^18 bytes or elements
        return std::nullopt;
    const std::uint64_t count = std::stoull(std::string(line));
    if (std::string_view("$!=").find(type) != std::string_view::npos) {
        if (stream.size() - next < 2 || stream.size() - next - 2 < count || stream.substr(next + count, 2) != "\r\n") return std::nullopt;
        return next + count + 2;
    }
    if (std::string_view("*~>%|").find(type) == std::string_view::npos || depth == 32 || (type == '>' && depth != 0)) return std::nullopt;
    std::optional<std::size_t> end = next;
    for (std::uint64_t i = 0; end && i < count * (type == '%' || type == '|' ? 2 : 1); ++i)
        end = *end < stream.size() ? end_of_reply(stream, *end, depth + 1) : std::nullopt;
    if (end && type == '|') end = *end < stream.size() ? end_of_reply(stream, *end, depth) : std::nullopt;
    return end;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 4096) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = transcript(stream, size);
    require(transcript(stream, 1) == whole);
    require(transcript(stream, std::size_t{data[0]} + 1) == whole);

    reply_framer framer;
    const auto [length, state] = framer.next(stream);
    const std::optional<std::size_t> end = end_of_reply(stream, 0, 0);
    require((state == status::complete) == end.has_value());
    require(!end || *end == length);
    const std::size_t quick = reply_framer::whole_reply(stream);
    require(quick == 0 || (end && *end == quick));
    return 0;
}
