#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace respgres::protocol {

// The words of one command, its name first. Views into the request.
using command_words = std::span<const std::string_view>;

// Who answers a command. Everything that is not about the connection or the proxy itself is `forward`.
enum class handling : std::uint8_t {
    forward,       // sent to Redis on a shared connection; the reply passes byte for byte
    local,         // answered by the proxy (HELLO, PING, CLIENT, PROXY ...)
    stateful,      // needs an upstream connection of its own (MULTI, SUBSCRIBE, WATCH ...)
    blocking,      // may block its connection (BLPOP, XREAD with BLOCK, WAIT ...): an upstream connection of its own
    refused,       // never offered through a proxy (SYNC, REPLICAOF, SHUTDOWN, DEBUG, MONITOR ...)
};

namespace command_flag {
// As Redis names them in COMMAND INFO, plus ours at the end.
constexpr std::uint32_t write = 1u << 0;
constexpr std::uint32_t readonly = 1u << 1;
constexpr std::uint32_t denyoom = 1u << 2;
constexpr std::uint32_t admin = 1u << 3;
constexpr std::uint32_t pubsub = 1u << 4;
constexpr std::uint32_t noscript = 1u << 5;
constexpr std::uint32_t blocking = 1u << 6;
constexpr std::uint32_t loading = 1u << 7;
constexpr std::uint32_t stale = 1u << 8;
constexpr std::uint32_t fast = 1u << 9;
constexpr std::uint32_t no_auth = 1u << 10;
constexpr std::uint32_t movable_keys = 1u << 11;
// Ours: the command only removes keys (DEL, UNLINK); it may set an expiry of its own (SET EX, EXPIRE, GETEX ...);
// it replaces the whole value whatever was there (SET, SETEX, GETSET ... but not HSET).
// Where options decide, the functions sets_expiry_with() and overwrites_with() below look at them.
constexpr std::uint32_t removes = 1u << 16;
constexpr std::uint32_t sets_expiry = 1u << 17;
constexpr std::uint32_t overwrites = 1u << 18;
}  // namespace command_flag

// What a command does to the keys of one key specification, as in Redis' COMMAND INFO key-specs (RO, RW, OW, RM).
enum class key_access : std::uint8_t { read, read_write, overwrite, remove };

// Keys among the words of one command: first, first + step, ... up to but not including `end`. Empty when end <= first.
struct key_range {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
    std::uint32_t step = 1;
    key_access access = key_access::read;
};

// Where keys stand among the words; a command has up to three of these, as Redis' key-specs.
struct key_spec {
    enum class kind : std::uint8_t {
        none,
        range,      // from `position` to `last`, every `step`-th word
        counted,    // as many as the number at `position` says, right behind it (EVAL, ZUNION)
        code,       // options decide: `find` looks (SORT STORE, XREAD STREAMS)
    };

    kind how = kind::none;
    std::int16_t position = 0;      // the command's name is word 0
    std::int16_t last = 0;          // range: relative to the first key; -1 = the last word, -2 = the last but one
    std::int16_t step = 1;
    key_access access = key_access::read;
    key_range (*find)(command_words) = nullptr;            // code: an empty range when the command names no key there
    key_access (*access_of)(command_words) = nullptr;      // not null: options decide what is done to the key (SET with GET)
};

struct command_info;

// Rows of a table, as std::span would say it, had it a right to incomplete types.
struct command_rows {
    const command_info* first = nullptr;
    std::size_t count = 0;

    constexpr const command_info* begin() const { return first; }
    constexpr const command_info* end() const;
    constexpr bool empty() const { return count == 0; }
};

// The group in which Redis' documentation lists a command: the file of rows/ that it stands in.
enum class command_group : std::uint8_t {
    bitmaps,
    cluster,
    connection,
    generic,
    geo,
    hashes,
    hyperloglogs,
    lists,
    proxy,
    pubsub,
    scripting,
    server,
    sets,
    sorted_sets,
    streams,
    strings,
    transactions,
};

struct command_info {
    std::string_view name;              // lower case; a subcommand's row has the whole name ("client|id"), as Redis' errors say it
    std::int16_t arity;                 // as Redis: counts the name; negative = at least
    std::uint32_t flags;
    handling how;                       // handling_of() refines it by the arguments
    key_spec keys[3] = {};
    std::string_view why = {};          // refused: the reason that the error names
    command_rows subcommands = {};      // in alphabetical order; they, not the row above them, have the keys
    command_group group = {};           // set for all_commands(), not for subcommands

    bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
    // Of the row itself: for OBJECT, XGROUP, XINFO and MEMORY ask the subcommand's row.
    bool has_keys() const { return keys[0].how != key_spec::kind::none; }
    bool arity_fits(std::size_t words) const {
        return arity >= 0 ? words == static_cast<std::size_t>(arity) : words >= static_cast<std::size_t>(-arity);
    }
};

constexpr const command_info* command_rows::end() const {
    return first + count;
}

// All commands of Redis 7.0 and the proxy's own PROXY, in alphabetical order.
std::span<const command_info> all_commands();

// Case-insensitive; null when the name is not in the table (a module's command, or none). O(1), no allocation.
const command_info* find_command(std::string_view name);

// As Redis looks a command up: for a command with subcommands the row of the subcommand, or null when it has none of that name.
// So the usual order is: find_command, unknown_command_error if null; arity_fits, wrong_arity_error if not.
const command_info* find_command(command_words words);

// The row that speaks for these words: the subcommand's if they name one of `command`, else `command` itself. What takes a
// command_info below asks this first, so either row may be given to it.
const command_info& row_for(const command_info& command, command_words words);

// Who answers this command with these arguments: as its row says, but XREAD and XREADGROUP with BLOCK are `blocking`.
handling handling_of(const command_info& command, command_words words);

// Whether it sets a time to live of its own, so that the proxy must not put one: SET and GETEX with EX, PX, EXAT or PXAT,
// RESTORE with a time, EXPIRE and its kin always. SET with KEEPTTL, GETEX PERSIST and PERSIST do not.
bool sets_expiry_with(const command_info& command, command_words words);

// Whether neither the value after it nor its reply depends on the value before it: not GETSET, nor SET with NX, XX or GET. The
// keys that must be there before such a command runs are those with key_access::read, and if this is false all but the removed ones
// (SETNX and RENAMENX look at what they overwrite).
bool overwrites_with(const command_info& command, command_words words);

// Errors in Redis' own words, without the leading '-' and the line end.
// For a name, or a known command's subcommand, that find_command(words) does not know. `words` is not empty.
std::string unknown_command_error(command_words words);
// `name` as the row has it: "get", "client|id".
std::string wrong_arity_error(std::string_view name);
// For handling refused: "ERR unsupported command 'MONITOR': why".
std::string unsupported_command_error(const command_info& command, command_words words);

// A key of a command's words and what the command does to it.
struct key_position {
    std::uint32_t argument;
    key_access access;
};

// Calls `visit(key_position)` for each key, in the order of the key specifications. Words that do not fit the
// specification (too few, a key count that is no number or too large) yield no keys: Redis will answer with its own error.
// Handles commands whose keys Redis finds with code (SORT ... STORE, MIGRATE KEYS, GEORADIUS STORE, XREAD STREAMS, EVAL numkeys).
template <class Visitor>
void for_each_key(const command_info& command, command_words words, Visitor&& visit);

// How many keys for_each_key would visit is usually one; this is the fast path: the key of a command whose only
// specification is one key right behind the name, with an access that no option changes (so not SET: GET makes it a read).
// Any arity that fits has that word.
inline bool has_single_key(const command_info& command) {
    const key_spec& spec = command.keys[0];
    return spec.how == key_spec::kind::range && spec.position == 1 && spec.last == 0 && spec.access_of == nullptr &&
           command.keys[1].how == key_spec::kind::none;
}

}  // namespace respgres::protocol

#include "protocol/commands/key_positions.ipp"
