// The proxy itself. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info proxy_subcommands[] = {
    {"proxy|after",       3, loading | stale | fast, local},
    {"proxy|explain",     3, loading | stale, local},
    {"proxy|help",        2, loading | stale, local},
    {"proxy|invalidate",  3, loading | stale, local},
    {"proxy|mappings",    2, loading | stale, local},
    {"proxy|meta",        3, loading | stale | fast, local},
    {"proxy|stats",       2, loading | stale, local},
};

constexpr command_info proxy_rows[] = {
    {"proxy", -2, loading | stale, local, {}, {}, rows(proxy_subcommands)},
};
