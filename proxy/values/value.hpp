#pragma once

#include "conf/settings.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::proxy {

// A mapped key's value in the proxy's memory, as a fill made it: what Redis holds once it is stored.
// Shapes string, json, json_row and counter are Redis strings.
struct absent_value {};                                                       // the query returned no row
struct string_value {
    std::string bytes;
};
struct hash_value {
    std::vector<std::pair<std::string, std::string>> fields;
};   // in the order of the columns, names unique
struct list_value {
    std::vector<std::string> elements;
};
struct set_value {
    std::vector<std::string> members;
};                      // unique, first occurrence order
struct zset_value {
    std::vector<std::pair<std::string, double>> members;
};  // unique members, ordered by (score, member) as Redis does

using value = std::variant<absent_value, string_value, hash_value, list_value, set_value, zset_value>;

inline bool is_absent(const value& v) {
    return std::holds_alternative<absent_value>(v);
}

// "string", "hash", "list", "set", "zset", "none": what TYPE answers.
std::string_view type_name(const value& v);

// Payload bytes, without the containers' own overhead.
std::size_t size_of(const value& v);

}  // namespace respgres::proxy
