// Transactions. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr std::string_view needs_transactions =
    "transactions need a connection of their own, which this version does not offer yet; a script (EVAL) is atomic too";
constexpr std::string_view needs_watching =
    "watching keys needs a connection of its own, which this version does not offer yet; a script (EVAL) is atomic too";

constexpr command_info transactions_rows[] = {
    {"discard",  1, noscript | loading | stale | fast, stateful, {}, needs_transactions},
    {"exec",     1, noscript | loading | stale, stateful, {}, needs_transactions},
    {"multi",    1, noscript | loading | stale | fast, stateful, {}, needs_transactions},
    {"unwatch",  1, noscript | loading | stale | fast, stateful, {}, needs_watching},
    {"watch",   -2, noscript | loading | stale | fast, stateful, {range(1, -1, 1, ro)}, needs_watching},
};
