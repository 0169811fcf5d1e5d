// HyperLogLogs. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr std::string_view tests_redis = "it is meant for tests of Redis itself";

constexpr command_info hyperloglogs_rows[] = {
    {"pfadd",      -2, write | denyoom | fast, forward, {one(rw)}},
    // Redis says RW, because it may store the count that it computed; the value stays the same.
    {"pfcount",    -2, readonly, forward, {range(1, -1, 1, ro)}},
    {"pfdebug",     3, write | denyoom | admin, refused, {at(2, rw)}, tests_redis},
    {"pfmerge",    -2, write | denyoom, forward, {one(rw), range(2, -1, 1, ro)}},
    {"pfselftest",  1, admin, refused, {}, tests_redis},
};
