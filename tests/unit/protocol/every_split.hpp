#pragma once

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::test {

using cuts = std::vector<std::string_view>;

// Runs `read` over `stream` uncut, cut in two at every byte boundary, and byte by byte; all transcripts must be equal.
// `read` takes the pieces in their order and returns what it made of them, in words. Returns the transcript of the uncut run.
template <class Read>
std::string read_at_every_split(std::string_view stream, Read read) {
    const std::string whole = read(cuts{stream});
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        INFO("cut at byte " << cut << " of " << stream.size());
        CHECK(read(cuts{stream.substr(0, cut), stream.substr(cut)}) == whole);
    }
    cuts bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
    INFO("byte by byte");
    CHECK(read(bytes) == whole);
    return whole;
}

// Printable form of bytes for transcripts: what is not printable ASCII becomes \xHH.
inline std::string shown(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f)
            text += c;
        else
            text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

}  // namespace respgres::test
