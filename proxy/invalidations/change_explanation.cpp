#include "proxy/invalidations/change_explanation.hpp"

#include "proxy/invalidations/mapped_key.hpp"
#include "proxy/invalidations/row_match.hpp"

#include <algorithm>

namespace respgres::proxy {

namespace {

std::string bound_of(const mapping& source) {
    std::string text = std::to_string(source.age_bound().count()) + " ms";
    if (source.coalesce().count() > 0)
        text += " (" + std::to_string(source.bound.count()) + " ms, and coalesce_ms = " + std::to_string(source.coalesce().count()) + ")";
    return text;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "no table" : text;
}

std::string condition_of(const row_match& match, const captures& found) {
    std::string text;
    for (std::size_t i = 0; i < match.columns.size() && i < found.values.size(); ++i)
        text += (text.empty() ? "" : " and ") + match.columns[i].name + " = '" + std::string(found.values[i]) + "'";
    return text;
}

// What a change of a followed table drops.
std::string dropped(const mapping& source, const row_match& match, const captures& found, const std::string& tables) {
    std::string together;
    if (source.coalesce().count() > 0)
        together = "; changes within " + std::to_string(source.coalesce().count()) + " ms after a drop are one more drop";
    if (source.pattern.all_captures().empty()) return "any change of " + tables + " drops the key" + together;
    if (match.exact)
        return "row-exact: a change of a row of " + tables + " that has, or had, " + condition_of(match, found) + " drops the key";
    return "wide: any change of " + tables + " drops all keys of the mapping, since " + match.why_wide + together;
}

// Tables that the query reads and whose changes drop nothing, as the mapping asks for it.
void add_left_out(const mapping_facts& reads, const table_facts& facts, std::vector<explained>& out) {
    for (const auto oid : reads.derived) {
        const auto* const table = facts.table(oid);
        if (table != nullptr && std::find(reads.followed.begin(), reads.followed.end(), oid) == reads.followed.end())
            out.push_back(
                {"but", "the query also reads " + table->full_name() + ", which invalidate_on leaves out: its changes drop nothing"});
    }
}

// Of a row-exact mapping: the changes that do not tell the old value of a column, by table.
void add_untold(const row_match& match, const mapping_facts& reads, const table_facts& facts, std::vector<explained>& out) {
    const auto* const followed = reads.followed.empty() ? nullptr : facts.table(reads.followed.front());
    if (!match.exact || match.columns.empty() || followed == nullptr) return;
    for (const auto* const table : facts.stored(*followed)) {
        bool updates = false, removals = false;
        for (const auto& each : match.columns) {
            const auto* const column = table->column(each.name);
            const bool told = column != nullptr && column->in_identity;
            updates = updates || (!told && !each.immutable);
            removals = removals || !told;
        }
        if (removals)
            out.push_back({"but", std::string(updates ? "an UPDATE or a DELETE" : "a DELETE") + " of " + table->full_name() +
                                      " drops all keys of the mapping: its replica identity does not tell the old row's"});
    }
}

}  // namespace

std::vector<explained> explain_freshness(const mapping& source, const captures& found, const table_facts* facts) {
    std::vector<explained> out{{"freshness", "the TTL, and DEL, UNLINK or PROXY INVALIDATE of the key"}};
    if (!source.follows_changes) return out;
    out[0].text = "the change stream: an answer lacks nothing that was committed " + bound_of(source) + " before; also " + out[0].text;
    const auto* const reads = facts == nullptr ? nullptr : facts->of(source.index);
    if (reads == nullptr) return out;
    const auto match = match_rows(source, *reads, *facts);
    if (reads->followed.empty())
        out.push_back({"changes", reads->underived.empty()
                                      ? "none: its query reads no table of which changes are told"
                                      : "any change drops all keys of the mapping: PostgreSQL does not tell what its query reads"});
    else
        out.push_back({"changes", dropped(source, match, found, joined(followed_tables(source, *facts)))});
    add_left_out(*reads, *facts, out);
    add_untold(match, *reads, *facts, out);
    if (match.exact && !is_canonical(source.pattern, found))
        out.push_back({"but", "the key is not written as PostgreSQL writes its value: it is answered by the query and not stored"});
    for (const auto& name : reads->unpromised)
        out.push_back({"but", "what " + name + "() answers can change without any change of a table: that drops nothing"});
    return out;
}

std::vector<std::string> followed_tables(const mapping& source, const table_facts& facts) {
    std::vector<std::string> names;
    const auto* const reads = facts.of(source.index);
    if (reads == nullptr) return names;
    for (const auto oid : reads->followed)
        if (const auto* const table = facts.table(oid)) names.push_back(table->full_name());
    return names;
}

std::string explain_invalid(const mapping& source, const captures& found) {
    return std::string(found.why) + ": reads are answered " +
           (source.settings.bad_capture == conf::bad_capture::nil ? "as for a key that is absent" : "with an error");
}

}  // namespace respgres::proxy
