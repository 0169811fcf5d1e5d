// Scripts and functions. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info function_subcommands[] = {
    {"function|delete",   3, write | noscript, forward},
    {"function|dump",     2, noscript, forward},
    {"function|flush",   -2, write | noscript, forward},
    {"function|help",     2, loading | stale, forward},
    {"function|kill",     2, noscript, forward},
    {"function|list",    -2, noscript, forward},
    {"function|load",    -3, write | denyoom | noscript, forward},
    {"function|restore", -3, write | denyoom | noscript, forward},
    {"function|stats",    2, noscript, forward},
};

constexpr command_info script_subcommands[] = {
    {"script|debug",   3, noscript, refused, {},
     "it turns the connection into a debugger, and the connections to Redis are shared by all clients"},
    {"script|exists", -3, noscript, forward},
    {"script|flush",  -2, noscript, forward},
    {"script|help",    2, loading | stale, forward},
    {"script|kill",    2, noscript, forward},
    {"script|load",    3, noscript | stale, forward},
};

constexpr command_info scripting_rows[] = {
    {"eval",       -3, noscript | stale | movable_keys, forward, {counted(2, rw)}},
    {"eval_ro",    -3, readonly | noscript | stale | movable_keys, forward, {counted(2, ro)}},
    {"evalsha",    -3, noscript | stale | movable_keys, forward, {counted(2, rw)}},
    {"evalsha_ro", -3, readonly | noscript | stale | movable_keys, forward, {counted(2, ro)}},
    {"fcall",      -3, noscript | stale | movable_keys, forward, {counted(2, rw)}},
    {"fcall_ro",   -3, readonly | noscript | stale | movable_keys, forward, {counted(2, ro)}},
    {"function",   -2, no_flags, forward, {}, {}, rows(function_subcommands)},
    {"script",     -2, no_flags, forward, {}, {}, rows(script_subcommands)},
};
