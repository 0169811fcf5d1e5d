// Cluster. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info cluster_subcommands[] = {
    {"cluster|addslots",              -3, admin | stale, forward},
    {"cluster|addslotsrange",         -4, admin | stale, forward},
    {"cluster|bumpepoch",              2, admin | stale, forward},
    {"cluster|count-failure-reports",  3, admin | stale, forward},
    {"cluster|countkeysinslot",        3, stale, forward},
    {"cluster|delslots",              -3, admin | stale, forward},
    {"cluster|delslotsrange",         -4, admin | stale, forward},
    {"cluster|failover",              -2, admin | stale, forward},
    {"cluster|flushslots",             2, admin | stale, forward},
    {"cluster|forget",                 3, admin | stale, forward},
    {"cluster|getkeysinslot",          4, stale, forward},
    {"cluster|help",                   2, loading | stale, forward},
    {"cluster|info",                   2, stale, forward},
    {"cluster|keyslot",                3, stale, forward},
    {"cluster|links",                  2, stale, forward},
    {"cluster|meet",                  -4, admin | stale, forward},
    {"cluster|myid",                   2, stale, forward},
    {"cluster|nodes",                  2, stale, forward},
    {"cluster|replicas",               3, admin | stale, forward},
    {"cluster|replicate",              3, admin | stale, forward},
    {"cluster|reset",                 -2, admin | noscript | stale, forward},
    {"cluster|saveconfig",             2, admin | stale, forward},
    {"cluster|set-config-epoch",       3, admin | stale, forward},
    {"cluster|setslot",               -4, admin | stale, forward},
    {"cluster|shards",                 2, stale, forward},
    {"cluster|slaves",                 3, admin | stale, forward},
    {"cluster|slots",                  2, stale, forward},
};

constexpr command_info cluster_rows[] = {
    {"asking",     1, fast, local},
    {"cluster",   -2, no_flags, forward, {}, {}, rows(cluster_subcommands)},
    {"readonly",   1, loading | stale | fast, local},
    {"readwrite",  1, loading | stale | fast, local},
};
