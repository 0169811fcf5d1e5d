#pragma once

#include <cstddef>
#include <cstdint>

namespace respgres::protocol {

// Most digits of a length or count. 19 nines still fit 64 bits without a check for overflow; nobody needs a longer one.
constexpr int max_length_digits = 19;

struct length_line {
    enum class status : std::uint8_t { complete, partial, malformed, too_long };

    status state;
    std::uint64_t value;   // when complete
    const char* end;       // when complete: behind the LF
};

// Reads the rest of a line that holds one canonical decimal: digits without sign or leading zero, then CRLF.
// Tells a wrong byte as soon as it is there, so the answer depends on the bytes and not on how they were cut.
inline length_line read_length_line(const char* at, const char* end) {
    using status = length_line::status;
    const char* const first = at;
    const char* const longest = end - at > max_length_digits ? at + max_length_digits : end;
    std::uint64_t value = 0;
    const auto digit = [](char c) { return static_cast<unsigned>(static_cast<unsigned char>(c) - unsigned{'0'}); };
    for (; at != longest && digit(*at) <= 9; ++at) value = value * 10 + digit(*at);

    if (at - first > 1 && *first == '0') return {status::malformed, 0, at};
    if (at == end) return {status::partial, 0, at};
    if (at - first == max_length_digits && digit(*at) <= 9) return {status::too_long, 0, at};
    if (*at != '\r' || at == first) return {status::malformed, 0, at};
    if (at + 1 == end) return {status::partial, 0, at};
    if (at[1] != '\n') return {status::malformed, 0, at};
    return {status::complete, value, at + 2};
}

}  // namespace respgres::protocol
