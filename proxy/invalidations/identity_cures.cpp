#include "proxy/invalidations/freshness_problems.hpp"
#include "proxy/invalidations/row_match.hpp"

#include <algorithm>

namespace respgres::proxy {

namespace {

// Followed by any mapping, each once.
std::vector<const table_fact*> followed_tables(const table_facts& facts) {
    std::set<std::uint32_t> oids;
    for (const auto& each : facts.mappings) oids.insert(each.followed.begin(), each.followed.end());
    std::vector<const table_fact*> all;
    for (const auto oid : oids)
        if (const auto* const table = facts.table(oid)) all.push_back(table);
    return all;
}

bool can_be_published(const table_fact& table) {
    return (table.kind == 'r' || table.kind == 'p') && table.persistence == 'p';
}

// The name of an index on the table; at most 63 bytes, PostgreSQL's limit.
std::string index_name(const table_fact& table) {
    std::string name = "\"";
    for (const char c : table.name.substr(0, 42)) name += c == '"' ? std::string("\"\"") : std::string(1, c);
    return name + "_respgres_identity\"";
}

}  // namespace

std::map<std::uint32_t, std::set<std::string>> untold_columns(const mapping_table& mappings, const table_facts& facts) {
    std::map<std::uint32_t, std::set<std::string>> all;
    for (const auto& reads : facts.mappings) {
        const auto match = match_rows(*mappings.all()[reads.mapping], reads, facts);
        if (!match.exact || match.columns.empty()) continue;
        for (const auto* const table : facts.stored(*facts.table(reads.followed.front()))) {
            for (const auto& each : match.columns) {
                const auto* const column = table->column(each.name);
                if (!each.immutable && column != nullptr && !column->in_identity) all[table->oid].insert(each.name);
            }
        }
    }
    return all;
}

std::vector<std::string> identity_cure(const table_fact& table, const std::set<std::string>& columns) {
    const std::string alter = "ALTER TABLE " + table.quoted + " REPLICA IDENTITY ";
    std::string list;
    bool has_key = false, nullable = false;
    for (const auto& each : table.columns) {
        if (!each.in_primary_key && !each.in_identity && !columns.contains(each.name)) continue;
        list += (list.empty() ? "" : ", ") + each.quoted;
        has_key = has_key || each.in_primary_key;
        nullable = nullable || !each.not_null;
    }
    // Only a unique index without NULLs can be an identity; what has the primary key in it is unique.
    if (!has_key || nullable) return {alter + "FULL"};
    const std::string name = index_name(table);
    return {"CREATE UNIQUE INDEX CONCURRENTLY " + name + " ON " + table.quoted + " (" + list + ")", alter + "USING INDEX " + name};
}

std::vector<const table_fact*> tables_without_identity(const table_facts& facts) {
    std::set<const table_fact*> all;
    for (const auto* const followed : followed_tables(facts))
        for (const auto* const table : facts.stored(*followed))
            if (can_be_published(*table) && !table->has_identity) all.insert(table);
    std::vector<const table_fact*> sorted(all.begin(), all.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->oid < b->oid; });
    return sorted;
}

std::vector<const table_fact*> unpublished_tables(const table_facts& facts) {
    std::vector<const table_fact*> all;
    for (const auto* const followed : followed_tables(facts)) {
        const auto stored = facts.stored(*followed);
        const bool safe = std::all_of(stored.begin(), stored.end(), [](const table_fact* t) { return t->has_identity; });
        if (facts.is_covered(*followed) || !can_be_published(*followed) || !safe) continue;
        if (!followed->published) {
            all.push_back(followed);
            continue;
        }
        for (const auto* const part : stored)
            if (!part->published) all.push_back(part);
    }
    return all;
}

}  // namespace respgres::proxy
