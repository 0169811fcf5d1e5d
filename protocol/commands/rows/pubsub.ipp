// Publish and subscribe. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info pubsub_subcommands[] = {
    {"pubsub|channels",      -2, pubsub | loading | stale, forward},
    {"pubsub|help",           2, loading | stale, forward},
    {"pubsub|numpat",         2, pubsub | loading | stale, forward},
    {"pubsub|numsub",        -2, pubsub | loading | stale, forward},
    {"pubsub|shardchannels", -2, pubsub | loading | stale, forward},
    {"pubsub|shardnumsub",   -2, pubsub | loading | stale, forward},
};

constexpr command_info pubsub_rows[] = {
    {"psubscribe",   -2, pubsub | noscript | loading | stale, stateful},
    {"publish",       3, pubsub | loading | stale | fast, forward},
    {"pubsub",       -2, no_flags, forward, {}, {}, rows(pubsub_subcommands)},
    {"punsubscribe", -1, pubsub | noscript | loading | stale, stateful},
    {"spublish",      3, pubsub | loading | stale | fast, forward},
    {"ssubscribe",   -2, pubsub | noscript | loading | stale, stateful},
    {"subscribe",    -2, pubsub | noscript | loading | stale, stateful},
    {"sunsubscribe", -1, pubsub | noscript | loading | stale, stateful},
    {"unsubscribe",  -1, pubsub | noscript | loading | stale, stateful},
};
