#pragma once

#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/rules/drop_rules.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::proxy {

// One thing that there is to say of a key.
struct explained_field {
    using list = std::vector<std::string>;
    using named = std::vector<std::pair<std::string, std::string>>;

    std::string_view name;  // a constant text
    std::variant<std::string, std::int64_t, list, named> value;
};
using key_explanation = std::vector<explained_field>;

// Whether Redis' answers can be proved to be fresh just now.
struct proof_now {
    std::optional<std::chrono::nanoseconds> lag;  // how far Redis may lag behind at most; nothing: not known
    std::string_view proof;  // a constant text
    std::string problem;  // what is wrong with the change stream; empty: nothing
};

// What drops a key beside its TTL.
struct dropped_by {
    const table_facts* facts = nullptr;  // what the followed mappings read; null: not known
    const drop_rules* rules = nullptr;  // null: there are none
    proof_now proof;
};

// What the proxy does for a key, for PROXY EXPLAIN and GET /explain: its mapping, what the pattern took out of it, its query, its times to live, and what drops it.
// Each name comes once. Pure.
key_explanation explain_key(const mapping& source, const captures& found, std::string_view key, const dropped_by& what);

}  // namespace respgres::proxy
