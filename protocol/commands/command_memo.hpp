#pragma once

#include "protocol/commands/command_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace respgres::protocol {

// Remembers what the table says of the commands that clients send all the time, by the bytes of their names as they were written. Only of those with short
// names whose row alone says how they are handled: no subcommands, no option that makes them block. Not thread-safe.
class command_memo {
public:
    struct entry {
        std::uint64_t name = 0;
        const command_info* command = nullptr;
        bool is_forwarded = false;
        bool has_key_behind_name = false;  // one key, right there, whatever is done to it
    };

    // Null: ask the table.
    const entry* find(std::string_view name) {
        if (name.empty() || name.size() > longest) return nullptr;
        const std::uint64_t word = word_of(name);
        entry& place = entries_[(word * 0x9e3779b97f4a7c15) >> (64 - bits)];
        if (place.name == word) [[likely]]
            return &place;
        return look_up(place, word, name);
    }

private:
    static constexpr std::size_t longest = sizeof(std::uint64_t) - 1;
    static constexpr unsigned bits = 6;

    // The name's bytes from the lowest on, its length in the highest. From pieces that overlap: a copy of so few bytes would be a call.
    static std::uint64_t word_of(std::string_view name) {
        const std::size_t size = name.size();
        std::uint64_t word = static_cast<std::uint64_t>(size) << 56;
        const auto add = [&word, name](auto piece, std::size_t at) {
            std::memcpy(&piece, name.data() + at, sizeof piece);
            word |= static_cast<std::uint64_t>(piece) << (8 * at);
        };
        if (size >= sizeof(std::uint32_t)) {
            add(std::uint32_t{}, 0);
            add(std::uint32_t{}, size - sizeof(std::uint32_t));
        } else {
            for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) add(std::uint8_t{}, at);
        }
        return word;
    }

    static const entry* look_up(entry& place, std::uint64_t word, std::string_view name);

    std::array<entry, std::size_t{1} << bits> entries_;
};

}  // namespace respgres::protocol
