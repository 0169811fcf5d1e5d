// The words that the rows of rows/*.ipp are written in; included by command_table.cpp only, inside its namespace.
//
//   {"name", arity, flags, handling, {keys}, "why", rows(subcommands)}
//
// name, arity, flags: as `redis-cli COMMAND INFO name` says; ours are removes, sets_expiry and overwrites (command_table.hpp).
// why: for refused: the reason, as the end of "ERR unsupported command 'NAME': ..."; name what to do instead.
using namespace command_flag;
constexpr std::uint32_t no_flags = 0;

// handling
constexpr handling forward = handling::forward;
constexpr handling local = handling::local;
constexpr handling stateful = handling::stateful;
constexpr handling blocks = handling::blocking;   // command_flag has a `blocking`, too
constexpr handling refused = handling::refused;

// What is done to keys, as Redis abbreviates it.
constexpr key_access ro = key_access::read;
constexpr key_access rw = key_access::read_write;
constexpr key_access ow = key_access::overwrite;
constexpr key_access rm = key_access::remove;

// From word `position` to word `last`: negative = counted from the end (-1 = the last word), else relative to `position`.
constexpr key_spec range(std::int16_t position, std::int16_t last, std::int16_t step, key_access access) {
    return {key_spec::kind::range, position, last, step, access};
}

// One key, at word `position`.
constexpr key_spec at(std::int16_t position, key_access access) {
    return range(position, 0, 1, access);
}

// One key right behind the name.
constexpr key_spec one(key_access access) {
    return at(1, access);
}

// The same, but options decide what is done to it.
constexpr key_spec one_with(key_access (*access_of)(command_words)) {
    return {key_spec::kind::range, 1, 0, 1, rw, nullptr, access_of};
}

// A number of keys at word `position`, then that many keys.
constexpr key_spec counted(std::int16_t position, key_access access) {
    return {key_spec::kind::counted, position, 0, 1, access};
}

// Found by a function of options.hpp.
constexpr key_spec by_code(key_range (*find)(command_words), key_access access) {
    return {key_spec::kind::code, 0, 0, 1, access, find};
}

template <std::size_t Count> constexpr command_rows rows(const command_info (&subcommands)[Count]) {
    return {subcommands, Count};
}
