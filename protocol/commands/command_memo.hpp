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

    static std::uint64_t word_of(std::string_view name) {
        std::uint64_t word = 0;
        std::memcpy(&word, name.data(), name.size());
        return word | static_cast<std::uint64_t>(name.size()) << 56;
    }

    static const entry* look_up(entry& place, std::uint64_t word, std::string_view name);

    std::array<entry, std::size_t{1} << bits> entries_;
};

}  // namespace respgres::protocol
