#pragma once

#include "conf/settings.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace respgres::tests {

// A mapping as the reader hands it on: its header in line `line`, key and query in the two lines below, at columns 7 and 9.
inline conf::mapping_settings mapping_of(std::string name, std::string key, std::string query, std::uint32_t line = 1) {
    conf::mapping_settings out;
    out.name = std::move(name);
    out.where = {"t.toml", line, 1};
    out.key = {std::move(key), {"t.toml", line + 1, 7}};
    out.query = {std::move(query), {"t.toml", line + 2, 9}};
    return out;
}

// SELECT :a, :b ... with the names that stand in the key's braces.
inline std::string query_for(const std::string& key) {
    std::string query = "SELECT 1";
    for (auto open = key.find('{'); open != std::string::npos; open = key.find('{', open + 1)) {
        query += ", :" + key.substr(open + 1, key.find_first_of(":}", open) - open - 1);
    }
    return query;
}

// One mapping for each key, named m0, m1 ..., ten lines apart.
inline conf::settings settings_of(const std::vector<std::string>& keys) {
    conf::settings out;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        out.mappings.push_back(
            mapping_of(std::string("m").append(std::to_string(i)), keys[i], query_for(keys[i]), static_cast<std::uint32_t>(10 * i + 1)));
    }
    return out;
}

}  // namespace respgres::tests
