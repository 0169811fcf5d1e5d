#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::conf {

// Line and column from 1; 0 = not known.
struct mark {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

enum class node_kind : std::uint8_t { table, array, string, integer, number, boolean, time };

struct entry;

// A TOML value as the option tables read it. Only toml/parse.cpp knows the TOML library, which is slow to compile.
struct node {
    node_kind kind = node_kind::table;
    mark where;
    std::string text;              // of a string
    std::int64_t integer = 0;
    double number = 0;             // also of an integer
    bool boolean = false;
    std::vector<node> items;       // of an array
    std::vector<entry> entries;    // of a table, in the order of the file

    const node* find(std::string_view key) const;
};

struct entry {
    std::string key;
    mark where;                    // of the key
    node value;
};

// "a table", "an integer" ..., for problems.
std::string_view to_string(node_kind kind);

}  // namespace respgres::conf
