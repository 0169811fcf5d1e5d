#pragma once

#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace respgres::tests {

inline constexpr std::uint32_t int8_type = 20, int4_type = 23, text_type = 25, bpchar_type = 1042, date_type = 1082, numeric_type = 1700,
                               uuid_type = 2950, enum_type = 16'400;
inline constexpr std::uint32_t bets_table = 16'385, events_table = 16'390;

inline proxy::table_column column_of(std::string name, std::uint32_t type, bool in_identity = false) {
    proxy::table_column made;
    made.name = name;
    made.quoted = std::move(name);
    made.type = type;
    made.type_name = std::to_string(type);
    made.is_enum = type == enum_type;
    made.in_identity = in_identity;
    made.not_null = true;
    return made;
}

inline proxy::table_fact table_of(std::uint32_t oid, std::string name, std::vector<proxy::table_column> columns) {
    proxy::table_fact made;
    made.oid = oid;
    made.schema = "public";
    made.quoted = "public." + name;
    made.name = std::move(name);
    made.has_identity = true;
    made.published = true;
    made.columns = std::move(columns);
    return made;
}

// public.bets, with a column of each type; the identity is (id, user_id).
inline proxy::table_fact bets_fact() {
    auto made = table_of(bets_table, "bets",
                         {column_of("id", int8_type, true), column_of("user_id", int4_type, true), column_of("status", enum_type),
                          column_of("note", text_type), column_of("day", date_type), column_of("ref", uuid_type),
                          column_of("code", bpchar_type), column_of("amount", numeric_type)});
    made.columns[0].in_primary_key = true;
    return made;
}

// One mapping that follows changes, and what it reads.
struct followed_mapping {
    proxy::mapping_table mappings;
    proxy::table_facts facts;

    followed_mapping(const std::string& key, const std::string& query, std::vector<std::uint32_t> parameter_types,
                     std::vector<std::string> immutable = {}) {
        conf::settings settings;
        settings.mappings.push_back(mapping_of("m", key, query));
        settings.mappings.back().immutable.value = std::move(immutable);
        conf::problems found;
        mappings = proxy::mapping_table::build(settings, found);
        for (const auto& each : found) FAIL(each.message);
        facts.tables[bets_table] = bets_fact();
        facts.published = {bets_table, events_table};
        proxy::mapping_facts reads;
        reads.direct = reads.derived = reads.followed = {bets_table};
        reads.parameter_types = std::move(parameter_types);
        facts.mappings.push_back(std::move(reads));
    }
};

}  // namespace respgres::tests
