#include "protocol/commands/command_table.hpp"

#include <charconv>
#include <optional>

namespace respgres::protocol {

namespace {

// First and last key of one specification; they may lie outside the words.
struct key_bounds {
    std::int64_t first;
    std::int64_t last;
};

// A canonical decimal, as Redis reads key counts ("01" and "+1" are none); null if it is none or as large as `limit`.
std::optional<std::int64_t> key_count(std::string_view text, std::int64_t limit) {
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    const bool canonical = error == std::errc() && stop == end && (text.size() == 1 || text[0] != '0');
    return canonical && count >= 0 && count < limit ? std::optional(count) : std::nullopt;
}

std::optional<key_bounds> bounds_of(const key_spec& spec, command_words words) {
    const auto words_there = static_cast<std::int64_t>(words.size());
    if (spec.how == key_spec::kind::range) {
        return key_bounds{spec.position, spec.last < 0 ? words_there + spec.last : spec.position + spec.last};
    }
    if (spec.position >= words_there) {
        return std::nullopt;
    }
    const auto count = key_count(words[static_cast<std::size_t>(spec.position)], words_there);
    return count ? std::optional(key_bounds{spec.position + 1, spec.position + *count}) : std::nullopt;
}

// Null when the words do not fit the specification.
std::optional<key_range> locate(const key_spec& spec, command_words words) {
    if (spec.how == key_spec::kind::code) {
        key_range keys = spec.find(words);
        keys.access = spec.access;
        return keys;
    }
    const auto bounds = bounds_of(spec, words);
    if (bounds && spec.how == key_spec::kind::range && bounds->last < bounds->first) {
        return key_range();   // "PFMERGE destination" alone: Redis executes it, though its COMMAND GETKEYS calls it invalid
    }
    if (!bounds || bounds->last < bounds->first || bounds->last >= static_cast<std::int64_t>(words.size())) {
        return std::nullopt;
    }
    return key_range{
        .first = static_cast<std::uint32_t>(bounds->first),
        .end = static_cast<std::uint32_t>(bounds->last) + 1,
        .step = static_cast<std::uint32_t>(spec.step),
        .access = spec.access_of != nullptr ? spec.access_of(words) : spec.access,
    };
}

}  // namespace

key_ranges find_keys(const command_info& command, command_words words) {
    const command_info& row = row_for(command, words);
    key_ranges ranges;
    if (!row.arity_fits(words.size())) {
        return ranges;
    }
    for (const key_spec& spec : row.keys) {
        if (spec.how == key_spec::kind::none) {
            break;
        }
        const auto keys = locate(spec, words);
        if (!keys) {
            return {};
        }
        ranges.found[ranges.count++] = *keys;
    }
    return ranges;
}

}  // namespace respgres::protocol
