#include "proxy/invalidations/table_facts.hpp"

#include <algorithm>

namespace respgres::proxy {

const table_column* table_fact::column(const std::string& wanted) const {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const table_column& c) { return c.name == wanted; });
    return found == columns.end() ? nullptr : &*found;
}

const table_fact* table_facts::table(std::uint32_t oid) const {
    const auto found = tables.find(oid);
    return found == tables.end() ? nullptr : &found->second;
}

const mapping_facts* table_facts::of(std::size_t mapping) const {
    const auto found = std::find_if(mappings.begin(), mappings.end(), [&](const mapping_facts& m) { return m.mapping == mapping; });
    return found == mappings.end() ? nullptr : &*found;
}

std::vector<const table_fact*> table_facts::stored(const table_fact& followed) const {
    std::vector<const table_fact*> all;
    if (followed.kind != 'p') all.push_back(&followed);
    for (const auto oid : followed.parts) {
        const table_fact* const part = table(oid);
        if (part != nullptr && part->kind != 'p') all.push_back(part);
    }
    return all;
}

bool table_facts::is_covered(const table_fact& followed) const {
    if (followed.kind == 'p' && followed.published) return true;
    const auto all = stored(followed);
    return !all.empty() && std::all_of(all.begin(), all.end(), [](const table_fact* t) { return t->published; });
}

}  // namespace respgres::proxy
