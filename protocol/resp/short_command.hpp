#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace respgres::protocol {

// A whole command of few short words in canonical form, as client libraries send it: "*n CRLF" and n times "$length CRLF word CRLF".
class short_command {
public:
    static constexpr std::size_t most_words = 8;
    static constexpr std::size_t most_bytes = 1024;  // of the command; no less than this may be configured as a limit

    short_command() {}  // NOLINT(modernize-use-equals-default): leaves the words as they are; to clear them costs more than to read them

    // Reads one at the front of `input`. False: something else stands there, its end has not come, or it is too long. What it reads,
    // request_parser reads too, and as the same command. The words lie in `input`.
    bool read(std::string_view input);

    std::span<const std::string_view> words() const { return {words_.data(), count_}; }
    std::size_t length() const { return length_; }

private:
    union {
        std::array<std::string_view, most_words> words_;  // of which count_ live
    };
    std::size_t count_ = 0;
    std::size_t length_ = 0;
};

inline bool short_command::read(std::string_view input) {
    constexpr std::size_t header = 4;    // "*n CRLF"
    constexpr std::size_t shortest = 6;  // "$0 CRLF CRLF": as long as what is looked at before a word's length is known
    const auto digit = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c) - unsigned{'0'}); };
    const char* at = input.data();
    const char* const end = at + (input.size() < most_bytes ? input.size() : most_bytes);
    if (input.size() < header || at[0] != '*' || at[2] != '\r' || at[3] != '\n') return false;
    const std::size_t count = digit(at[1]);
    if (count == 0 || count > most_words) return false;
    at += header;
    for (std::size_t i = 0; i < count; ++i) {
        if (static_cast<std::size_t>(end - at) < shortest || at[0] != '$') return false;
        std::size_t length = digit(at[1]);
        if (length > 9) return false;
        at += 2;
        for (int more = 0; more < 2 && *at != '\r'; ++more, ++at) {
            const std::size_t next = digit(*at);
            if (next > 9 || length == 0) return false;
            length = length * 10 + next;
        }
        if (at[0] != '\r' || at[1] != '\n') return false;
        at += 2;
        if (static_cast<std::size_t>(end - at) < length + 2 || at[length] != '\r' || at[length + 1] != '\n') return false;
        std::construct_at(&words_[i], at, length);
        at += length + 2;
    }
    count_ = count;
    length_ = static_cast<std::size_t>(at - input.data());
    return true;
}

}  // namespace respgres::protocol
