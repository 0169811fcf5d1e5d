// Bitmaps. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info bitmaps_rows[] = {
    {"bitcount",    -2, readonly, forward, {one(ro)}},
    {"bitfield",    -2, write | denyoom, forward, {one_with(bitfield_access)}},
    {"bitfield_ro", -2, readonly | fast, forward, {one(ro)}},
    {"bitop",       -4, write | denyoom | overwrites, forward, {at(2, ow), range(3, -1, 1, ro)}},
    {"bitpos",      -3, readonly, forward, {one(ro)}},
    {"getbit",       3, readonly | fast, forward, {one(ro)}},
    {"setbit",       4, write | denyoom, forward, {one(rw)}},
};
