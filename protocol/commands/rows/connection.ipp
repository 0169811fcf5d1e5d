// Connections. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info client_subcommands[] = {
    {"client|caching",       3, noscript | loading | stale, stateful},
    {"client|getname",       2, noscript | loading | stale, local},
    {"client|getredir",      2, noscript | loading | stale, stateful},
    {"client|help",          2, loading | stale, local},
    {"client|id",            2, noscript | loading | stale, local},
    {"client|info",          2, noscript | loading | stale, local},
    {"client|kill",         -3, admin | noscript | loading | stale, local},
    {"client|list",         -2, admin | noscript | loading | stale, local},
    {"client|no-evict",      3, admin | noscript | loading | stale, local},
    {"client|pause",        -3, admin | noscript | loading | stale, local},
    {"client|reply",         3, noscript | loading | stale, local},
    {"client|setname",       3, noscript | loading | stale, local},
    {"client|tracking",     -3, noscript | loading | stale, stateful},
    {"client|trackinginfo",  2, noscript | loading | stale, stateful},
    {"client|unblock",      -3, admin | noscript | loading | stale, local},
    {"client|unpause",       2, admin | noscript | loading | stale, local},
};

constexpr command_info connection_rows[] = {
    {"auth",   -2, noscript | loading | stale | fast | no_auth, local},
    {"client", -2, no_flags, local, {}, {}, rows(client_subcommands)},
    {"echo",    2, loading | stale | fast, local},
    {"hello",  -1, noscript | loading | stale | fast | no_auth, local},
    {"ping",   -1, fast, local},
    {"quit",   -1, noscript | loading | stale | fast | no_auth, local},
    {"reset",   1, noscript | loading | stale | fast | no_auth, local},
    {"select",  2, loading | stale | fast, local},
};
