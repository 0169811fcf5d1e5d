// Geographic positions. What the words of a row mean: row_words.ipp. How to add a command: command_table.cpp.

constexpr command_info geo_rows[] = {
    {"geoadd",               -5, write | denyoom, forward, {one(rw)}},
    {"geodist",              -4, readonly, forward, {one(ro)}},
    {"geohash",              -2, readonly, forward, {one(ro)}},
    {"geopos",               -2, readonly, forward, {one(ro)}},
    {"georadius",            -6, write | denyoom | movable_keys, forward, {one(ro), by_code(georadius_store<6>, ow)}},
    {"georadius_ro",         -6, readonly, forward, {one(ro)}},
    {"georadiusbymember",    -5, write | denyoom | movable_keys, forward, {one(ro), by_code(georadius_store<5>, ow)}},
    {"georadiusbymember_ro", -5, readonly, forward, {one(ro)}},
    {"geosearch",            -7, readonly, forward, {one(ro)}},
    {"geosearchstore",       -8, write | denyoom | overwrites, forward, {one(ow), at(2, ro)}},
};
