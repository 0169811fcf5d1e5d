// The server. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr std::string_view hides_keys =
    "the proxy does not know which keys a module's commands touch; use it at Redis itself";
constexpr std::string_view changes_roles =
    "it changes which Redis is the master, under all clients of the proxy; use it at Redis itself";
constexpr std::string_view is_replication = "the proxy is no replication master; replicas connect to Redis itself";

constexpr command_info acl_subcommands[] = {
    {"acl|cat",     -2, noscript | loading | stale, local},
    {"acl|deluser", -3, admin | noscript | loading | stale, local},
    {"acl|dryrun",  -4, admin | noscript | loading | stale, local},
    {"acl|genpass", -2, noscript | loading | stale, local},
    {"acl|getuser",  3, admin | noscript | loading | stale, local},
    {"acl|help",     2, loading | stale, local},
    {"acl|list",     2, admin | noscript | loading | stale, local},
    {"acl|load",     2, admin | noscript | loading | stale, local},
    {"acl|log",     -2, admin | noscript | loading | stale, local},
    {"acl|save",     2, admin | noscript | loading | stale, local},
    {"acl|setuser", -3, admin | noscript | loading | stale, local},
    {"acl|users",    2, admin | noscript | loading | stale, local},
    {"acl|whoami",   2, noscript | loading | stale, local},
};

constexpr command_info command_subcommands[] = {
    {"command|count",            2, loading | stale, forward},
    {"command|docs",            -2, loading | stale, forward},
    {"command|getkeys",         -4, loading | stale, forward},
    {"command|getkeysandflags", -4, loading | stale, forward},
    {"command|help",             2, loading | stale, forward},
    {"command|info",            -2, loading | stale, forward},
    {"command|list",            -2, loading | stale, forward},
};

constexpr command_info config_subcommands[] = {
    {"config|get",       -3, admin | noscript | loading | stale, forward},
    {"config|help",       2, loading | stale, forward},
    {"config|resetstat",  2, admin | noscript | loading | stale, forward},
    {"config|rewrite",    2, admin | noscript | loading | stale, forward},
    {"config|set",       -4, admin | noscript | loading | stale, forward},
};

constexpr command_info latency_subcommands[] = {
    {"latency|doctor",     2, admin | noscript | loading | stale, forward},
    {"latency|graph",      3, admin | noscript | loading | stale, forward},
    {"latency|help",       2, loading | stale, forward},
    {"latency|histogram", -2, admin | noscript | loading | stale, forward},
    {"latency|history",    3, admin | noscript | loading | stale, forward},
    {"latency|latest",     2, admin | noscript | loading | stale, forward},
    {"latency|reset",     -2, admin | noscript | loading | stale, forward},
};

constexpr command_info memory_subcommands[] = {
    {"memory|doctor",        2, no_flags, forward},
    {"memory|help",          2, loading | stale, forward},
    {"memory|malloc-stats",  2, no_flags, forward},
    {"memory|purge",         2, no_flags, forward},
    {"memory|stats",         2, no_flags, forward},
    {"memory|usage",        -3, readonly, forward, {at(2, ro)}},
};

constexpr command_info module_subcommands[] = {
    {"module|help",    2, loading | stale, forward},
    {"module|list",    2, admin | noscript, forward},
    {"module|load",   -3, admin | noscript, refused, {}, hides_keys},
    {"module|loadex", -3, admin | noscript, refused, {}, hides_keys},
    {"module|unload",  3, admin | noscript, refused, {}, hides_keys},
};

constexpr command_info slowlog_subcommands[] = {
    {"slowlog|get",   -2, admin | loading | stale, forward},
    {"slowlog|help",   2, loading | stale, forward},
    {"slowlog|len",    2, admin | loading | stale, forward},
    {"slowlog|reset",  2, admin | loading | stale, forward},
};

constexpr command_info server_rows[] = {
    {"acl",            -2, no_flags, forward, {}, {}, rows(acl_subcommands)},
    {"bgrewriteaof",    1, admin | noscript, forward},
    {"bgsave",         -1, admin | noscript, forward},
    {"command",        -1, loading | stale, forward, {}, {}, rows(command_subcommands)},
    {"config",         -2, no_flags, forward, {}, {}, rows(config_subcommands)},
    {"dbsize",          1, readonly | fast, forward},
    {"debug",          -2, admin | noscript | loading | stale, refused, {},
     "it can stop, crash or block the Redis that all clients of the proxy share; use it at Redis itself"},
    {"failover",       -1, admin | noscript | stale, refused, {}, changes_roles},
    {"flushall",       -1, write, forward},
    {"flushdb",        -1, write, forward},
    {"info",           -1, loading | stale, local},
    {"lastsave",        1, loading | stale | fast, forward},
    {"latency",        -2, no_flags, forward, {}, {}, rows(latency_subcommands)},
    {"lolwut",         -1, readonly | fast, forward},
    {"memory",         -2, no_flags, forward, {}, {}, rows(memory_subcommands)},
    {"module",         -2, no_flags, forward, {}, {}, rows(module_subcommands)},
    {"monitor",         1, admin | noscript | loading | stale, refused, {},
     "it would show one client the commands of all others; use it at Redis itself"},
    {"psync",          -3, admin | noscript, refused, {}, is_replication},
    {"replconf",       -1, admin | noscript | loading | stale, refused, {}, is_replication},
    {"replicaof",       3, admin | noscript | stale, refused, {}, changes_roles},
    {"restore-asking", -4, write | denyoom, refused, {one(ow)}, "it is meant for the nodes of a cluster among themselves; use RESTORE"},
    {"role",            1, noscript | loading | stale | fast, forward},
    {"save",            1, admin | noscript, forward},
    {"shutdown",       -1, admin | noscript | loading | stale, refused, {},
     "it stops the Redis that all clients of the proxy share; stop it at Redis itself"},
    {"slaveof",         3, admin | noscript | stale, refused, {}, changes_roles},
    {"slowlog",        -2, no_flags, forward, {}, {}, rows(slowlog_subcommands)},
    {"swapdb",          3, write | fast, refused, {},
     "it exchanges the contents of two databases under all clients and mappings; use it at Redis itself"},
    {"sync",            1, admin | noscript, refused, {}, is_replication},
    {"time",            1, loading | stale | fast, forward},
};
