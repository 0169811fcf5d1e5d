// The template of command_table.hpp; included by it only.
#pragma once

namespace respgres::protocol {

// The key ranges of one command, in the order of its specifications; none when the words do not fit.
struct key_ranges {
    key_range found[3];
    std::size_t count = 0;
};

key_ranges find_keys(const command_info& command, command_words words);

template <class Visitor>
void for_each_key(const command_info& command, command_words words, Visitor&& visit) {
    const key_ranges ranges = find_keys(command, words);
    for (std::size_t i = 0; i < ranges.count; ++i) {
        const key_range& keys = ranges.found[i];
        for (std::uint32_t argument = keys.first; argument < keys.end; argument += keys.step) {
            visit(key_position{argument, keys.access});
        }
    }
}

}  // namespace respgres::protocol
