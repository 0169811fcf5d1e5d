#pragma once

#include <array>
#include <bit>
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
//
// In words of eight bytes, and into its callers: of a near hit deep in a pipeline this is a quarter.
[[gnu::always_inline]] inline get_frame read_get(std::string_view input) {
    using word = std::array<char, 8>;
    constexpr auto bits = [](word bytes) { return std::bit_cast<std::uint64_t>(bytes); };
    constexpr std::uint64_t head = bits({'*', '2', '\r', '\n', '$', '3', '\r', '\n'});
    constexpr std::uint64_t name = bits({'g', 'e', 't', '\r', '\n', '$'});  // and the first two bytes behind it
    constexpr std::uint64_t lower = bits({' ', ' ', ' '});
    constexpr std::uint64_t looked_at = bits({'\xff', '\xff', '\xff', '\xff', '\xff', '\xff'});
    constexpr std::size_t digits_at = get_frame::name_at + 6;
    constexpr std::size_t shortest = digits_at + 5;  // "0 CRLF CRLF": as long as what is looked at before the key's length is known
    if (input.size() < shortest) return {};
    const char* const at = input.data();
    const auto word_at = [at](std::size_t where) {
        std::uint64_t read;
        std::memcpy(&read, at + where, sizeof read);
        return read;
    };
    if (word_at(0) != head || ((word_at(get_frame::name_at) | lower) & looked_at) != name) return {};

    const auto digit = [at](std::size_t where) { return static_cast<std::size_t>(static_cast<unsigned char>(at[where]) - unsigned{'0'}); };
    std::size_t size = digit(digits_at);
    std::size_t line_end = digits_at + 1;
    if (size > 9) return {};
    for (int more = 0; more < 2 && at[line_end] != '\r'; ++more, ++line_end) {
        const std::size_t next = digit(line_end);
        if (next > 9 || size == 0) return {};
        size = size * 10 + next;
    }
    const auto ends_line = [at](std::size_t where) { return at[where] == '\r' && at[where + 1] == '\n'; };
    const std::size_t key_at = line_end + 2;
    const std::size_t length = key_at + size + 2;
    if (length > input.size() || !ends_line(line_end) || !ends_line(key_at + size)) return {};
    return {std::string_view(at + key_at, size), length};
}

}  // namespace respgres::protocol
