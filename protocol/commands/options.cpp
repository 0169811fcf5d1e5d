#include "protocol/commands/options.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <array>

namespace respgres::protocol {

namespace {

// An option that is followed by values; all other words are options without any.
struct option {
    std::string_view name;
    std::size_t values;
};

constexpr std::array sort_options = {option{"by", 1}, option{"get", 1}, option{"limit", 2}, option{"store", 1}};
constexpr std::array georadius_options = {option{"count", 1}, option{"store", 1}, option{"storedist", 1}};
constexpr std::array xread_options = {option{"block", 1}, option{"count", 1}, option{"group", 2}};
constexpr std::array migrate_options = {option{"auth", 1}, option{"auth2", 2}};
constexpr std::array expiry_options = {option{"ex", 1}, option{"px", 1}, option{"exat", 1}, option{"pxat", 1}};
constexpr std::array bitfield_options = {option{"get", 2}, option{"set", 3}, option{"incrby", 3}, option{"overflow", 1}};

const option* find_option(std::span<const option> options, std::string_view word) {
    for (const option& candidate : options) {
        if (equals_ignoring_case(word, candidate.name)) {
            return &candidate;
        }
    }
    return nullptr;
}

// Calls `visit(position, option or null)` for each word from `first` on that is no option's value, until it answers false.
// An option whose values are cut off counts as a word without meaning, as in Redis.
template <class Visitor>
void walk(std::span<const option> options, command_words words, std::size_t first, Visitor&& visit) {
    for (std::size_t at = first; at < words.size(); ++at) {
        const option* found = find_option(options, words[at]);
        if (found != nullptr && found->values >= words.size() - at) {
            found = nullptr;
        }
        if (!visit(at, found)) {
            return;
        }
        at += found != nullptr ? found->values : 0;
    }
}

key_range keys_between(std::size_t first, std::size_t end) {
    return {.first = static_cast<std::uint32_t>(first), .end = static_cast<std::uint32_t>(end)};
}

// The value of the last option whose name starts with "store".
key_range last_store(std::span<const option> options, command_words words, std::size_t first) {
    key_range destination;
    walk(options, words, first, [&](std::size_t at, const option* found) {
        if (found != nullptr && found->name.starts_with("store")) {
            destination = keys_between(at + 1, at + 2);
        }
        return true;
    });
    return destination;
}

// Calls `visit(position, option)` for the options of XREAD and XREADGROUP; returns where STREAMS stands, or the number of words.
template <class Visitor>
std::size_t walk_to_streams(command_words words, Visitor&& visit) {
    std::size_t streams_at = words.size();
    walk(xread_options, words, 1, [&](std::size_t at, const option* found) {
        if (found != nullptr) {
            visit(*found);
        } else if (equals_ignoring_case(words[at], "streams")) {
            streams_at = at;
            return false;
        }
        return true;
    });
    return streams_at;
}

bool has_block_option(command_words words) {
    bool blocks = false;
    walk_to_streams(words, [&](const option& found) { blocks = blocks || found.name == "block"; });
    return blocks;
}

// Whether one of `names` stands among the options of SET or GETEX, which start at word `first`.
bool has_option(command_words words, std::size_t first, std::span<const option> names) {
    bool has = false;
    walk(expiry_options, words, first, [&](std::size_t at, const option*) {
        const option* named = find_option(names, words[at]);
        has = named != nullptr && named->values < words.size() - at;
        return !has;
    });
    return has;
}

}  // namespace

key_access set_access(command_words words) {
    constexpr std::array get = {option{"get", 0}};
    return has_option(words, 3, get) ? key_access::read_write : key_access::overwrite;
}

key_access bitfield_access(command_words words) {
    key_access access = key_access::read;
    walk(bitfield_options, words, 2, [&](std::size_t, const option* found) {
        // A word that is none of these is an error; Redis takes it for a write.
        if (found == nullptr || (found->name != "get" && found->name != "overflow")) {
            access = key_access::read_write;
        }
        return access == key_access::read;
    });
    return access;
}

key_range sort_store(command_words words) {
    return last_store(sort_options, words, 2);
}

key_range georadius_store_from(std::size_t first_option, command_words words) {
    return last_store(georadius_options, words, first_option);
}

key_range streams(command_words words) {
    const std::size_t first = walk_to_streams(words, [](const option&) {}) + 1;
    if (first >= words.size()) {
        return {};
    }
    return keys_between(first, first + (words.size() - first) / 2);
}

key_range migrate_keys(command_words words) {
    if (words.size() <= 3) {
        return {};
    }
    key_range keys = keys_between(3, 4);
    if (!words[3].empty()) {
        return keys;
    }
    walk(migrate_options, words, 6, [&](std::size_t at, const option*) {
        const bool is_keys = equals_ignoring_case(words[at], "keys");
        if (is_keys) {
            keys = keys_between(at + 1, words.size());
        }
        return !is_keys;
    });
    return keys;
}

handling handling_of(const command_info& command, command_words words) {
    const command_info& row = row_for(command, words);
    // Forwarded, and yet marked as blocking by Redis: XREAD and XREADGROUP.
    const bool may_block = row.how == handling::forward && row.has(command_flag::blocking);
    return may_block && has_block_option(words) ? handling::blocking : row.how;
}

bool sets_expiry_with(const command_info& command, command_words words) {
    const command_info& row = row_for(command, words);
    if (row.name == "set" || row.name == "getex") {
        return has_option(words, row.name == "set" ? 3 : 2, expiry_options);
    }
    if (row.name == "restore") {
        return words.size() > 2 && words[2] != "0";
    }
    return row.has(command_flag::sets_expiry);
}

bool overwrites_with(const command_info& command, command_words words) {
    constexpr std::array asking_options = {option{"nx", 0}, option{"xx", 0}, option{"get", 0}};
    const command_info& row = row_for(command, words);
    const bool asks = row.name == "getset" || (row.name == "set" && has_option(words, 3, asking_options));
    return row.has(command_flag::overwrites) && !asks;
}

}  // namespace respgres::protocol
