// Transactions. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info transactions_rows[] = {
    {"discard",  1, noscript | loading | stale | fast, stateful},
    {"exec",     1, noscript | loading | stale, stateful},
    {"multi",    1, noscript | loading | stale | fast, stateful},
    {"unwatch",  1, noscript | loading | stale | fast, stateful},
    {"watch",   -2, noscript | loading | stale | fast, stateful, {range(1, -1, 1, ro)}},
};
