#include "backends/change_stream/relation.hpp"

namespace respgres::change_stream {

relation_ptr own(const pgoutput::relation& described) {
    relation made{described.id, std::string(described.schema), std::string(described.name), described.identity, {}};
    for (const auto& column : described.columns)
        made.columns.push_back({std::string(column.name), column.type, column.modifier, column.in_identity});
    return std::make_shared<const relation>(std::move(made));
}

relation_cache::news relation_cache::learn(relation_ptr described) {
    relation_ptr& known = known_[described->id];
    if (known && *known == *described) return news::unchanged;
    const news told = known ? news::redefined : news::first_seen;
    known = std::move(described);
    return told;
}

relation_ptr relation_cache::find(std::uint32_t id) const {
    const auto found = known_.find(id);
    return found == known_.end() ? nullptr : found->second;
}

}  // namespace respgres::change_stream
