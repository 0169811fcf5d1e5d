#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace respgres::protocol {

// GET of one key as every client library sends it: "*2 CRLF $3 CRLF GET CRLF $n CRLF key CRLF", upper or lower case.
struct get_frame {
    static constexpr std::size_t name_at = 8;  // in the command, as it was written
    static constexpr std::size_t name_size = 3;

    std::string_view key;
    std::size_t length =
        0;  // of the whole command; 0: something else stands there, or its end has not come, or the key is longer than 999 bytes
};

// Reads one at the front of `input`. What it reads, request_parser reads too, and as the same command. Pure.
inline get_frame read_get(std::string_view input) {
    constexpr std::string_view head = "*2\r\n$3\r\n";
    constexpr std::size_t name_at = get_frame::name_at;
    constexpr std::size_t digits_at = name_at + 6;  // behind "GET CRLF $"
    constexpr std::size_t most_digits = 3;
    constexpr std::size_t shortest = digits_at + 5;  // "0 CRLF CRLF"
    if (input.size() < shortest || std::memcmp(input.data(), head.data(), head.size()) != 0) return {};
    const char* const name = input.data() + name_at;
    constexpr char lower = 0x20;
    if ((name[0] | lower) != 'g' || (name[1] | lower) != 'e' || (name[2] | lower) != 't' || std::memcmp(name + 3, "\r\n$", 3) != 0)
        return {};

    std::size_t size = 0;
    std::size_t at = digits_at;
    for (; at < input.size() && at < digits_at + most_digits; ++at) {
        const unsigned digit = static_cast<unsigned char>(input[at]) - unsigned{'0'};
        if (digit > 9) break;
        size = size * 10 + digit;
    }
    const bool is_canonical = at > digits_at && (input[digits_at] != '0' || at == digits_at + 1);
    const std::size_t key_at = at + 2;
    const std::size_t length = key_at + size + 2;
    if (!is_canonical || length > input.size()) return {};
    const auto ends_line = [input](std::size_t where) { return input[where] == '\r' && input[where + 1] == '\n'; };
    if (!ends_line(at) || !ends_line(key_at + size)) return {};
    return {input.substr(key_at, size), length};
}

}  // namespace respgres::protocol
