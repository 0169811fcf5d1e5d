// Sets. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info sets_rows[] = {
    {"sadd",        -3, write | denyoom | fast, forward, {one(rw)}},
    {"scard",        2, readonly | fast, forward, {one(ro)}},
    {"sdiff",       -2, readonly, forward, {range(1, -1, 1, ro)}},
    {"sdiffstore",  -3, write | denyoom | overwrites, forward, {one(ow), range(2, -1, 1, ro)}},
    {"sinter",      -2, readonly, forward, {range(1, -1, 1, ro)}},
    {"sintercard",  -3, readonly | movable_keys, forward, {counted(1, ro)}},
    {"sinterstore", -3, write | denyoom | overwrites, forward, {one(rw), range(2, -1, 1, ro)}},
    {"sismember",    3, readonly | fast, forward, {one(ro)}},
    {"smembers",     2, readonly, forward, {one(ro)}},
    {"smismember",  -3, readonly | fast, forward, {one(ro)}},
    {"smove",        4, write | fast, forward, {one(rw), at(2, rw)}},
    {"spop",        -2, write | fast, forward, {one(rw)}},
    {"srandmember", -2, readonly, forward, {one(ro)}},
    {"srem",        -3, write | fast, forward, {one(rw)}},
    {"sscan",       -3, readonly, forward, {one(ro)}},
    {"sunion",      -2, readonly, forward, {range(1, -1, 1, ro)}},
    {"sunionstore", -3, write | denyoom | overwrites, forward, {one(ow), range(2, -1, 1, ro)}},
};
