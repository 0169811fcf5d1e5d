// Streams. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info xgroup_subcommands[] = {
    {"xgroup|create",         -5, write | denyoom, forward, {at(2, rw)}},
    {"xgroup|createconsumer",  5, write | denyoom, forward, {at(2, rw)}},
    {"xgroup|delconsumer",     5, write, forward, {at(2, rw)}},
    {"xgroup|destroy",         4, write, forward, {at(2, rw)}},
    {"xgroup|help",            2, loading | stale, forward},
    {"xgroup|setid",          -5, write, forward, {at(2, rw)}},
};

constexpr command_info xinfo_subcommands[] = {
    {"xinfo|consumers",  4, readonly, forward, {at(2, ro)}},
    {"xinfo|groups",     3, readonly, forward, {at(2, ro)}},
    {"xinfo|help",       2, loading | stale, forward},
    {"xinfo|stream",    -3, readonly, forward, {at(2, ro)}},
};

constexpr command_info streams_rows[] = {
    {"xack",       -4, write | fast, forward, {one(rw)}},
    {"xadd",       -5, write | denyoom | fast, forward, {one(rw)}},
    {"xautoclaim", -6, write | fast, forward, {one(rw)}},
    {"xclaim",     -6, write | fast, forward, {one(rw)}},
    {"xdel",       -3, write | fast, forward, {one(rw)}},
    {"xgroup",     -2, no_flags, forward, {}, {}, rows(xgroup_subcommands)},
    {"xinfo",      -2, no_flags, forward, {}, {}, rows(xinfo_subcommands)},
    {"xlen",        2, readonly | fast, forward, {one(ro)}},
    {"xpending",   -3, readonly, forward, {one(ro)}},
    {"xrange",     -4, readonly, forward, {one(ro)}},
    {"xread",      -4, readonly | blocking | movable_keys, forward, {by_code(streams, ro)}},
    {"xreadgroup", -7, write | blocking | movable_keys, forward, {by_code(streams, ro)}},
    {"xrevrange",  -4, readonly, forward, {one(ro)}},
    {"xsetid",     -3, write | denyoom | fast, forward, {one(rw)}},
    {"xtrim",      -4, write, forward, {one(rw)}},
};
