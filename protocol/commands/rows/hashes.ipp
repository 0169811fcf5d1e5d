// Hashes. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info hashes_rows[] = {
    {"hdel",         -3, write | fast, forward, {one(rw)}},
    {"hexists",       3, readonly | fast, forward, {one(ro)}},
    {"hget",          3, readonly | fast, forward, {one(ro)}},
    {"hgetall",       2, readonly, forward, {one(ro)}},
    {"hincrby",       4, write | denyoom | fast, forward, {one(rw)}},
    {"hincrbyfloat",  4, write | denyoom | fast, forward, {one(rw)}},
    {"hkeys",         2, readonly, forward, {one(ro)}},
    {"hlen",          2, readonly | fast, forward, {one(ro)}},
    {"hmget",        -3, readonly | fast, forward, {one(ro)}},
    {"hmset",        -4, write | denyoom | fast, forward, {one(rw)}},
    {"hrandfield",   -2, readonly, forward, {one(ro)}},
    {"hscan",        -3, readonly, forward, {one(ro)}},
    {"hset",         -4, write | denyoom | fast, forward, {one(rw)}},
    {"hsetnx",        4, write | denyoom | fast, forward, {one(rw)}},
    {"hstrlen",       3, readonly | fast, forward, {one(ro)}},
    {"hvals",         2, readonly, forward, {one(ro)}},
};
