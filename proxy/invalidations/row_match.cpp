#include "proxy/invalidations/row_match.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/query_equalities.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

// pg_type.oid of the types that compare as their texts do.
enum : std::uint32_t { int8_oid = 20, int2_oid = 21, int4_oid = 23, text_oid = 25, varchar_oid = 1043, date_oid = 1082, uuid_oid = 2950 };

bool is_integer(std::uint32_t type) {
    return type == int2_oid || type == int4_oid || type == int8_oid;
}
bool is_text(std::uint32_t type) {
    return type == text_oid || type == varchar_oid;
}

std::string need(const table_column& column, std::string_view capture_type) {
    return "compares " + column.name + ", " + column.type_name + ", with a capture that is not {...:" + std::string(capture_type) + "}";
}

// Why `column = $n` does not mean that the column's text is the capture's; empty when it does. `parameter`: the type that $n has for PostgreSQL.
std::string unlike(const table_column& column, std::uint32_t parameter, capture_type captured) {
    if (column.generated) return "compares the generated column " + column.name + ", which the change stream does not have";
    if (!column.published) return "compares " + column.name + ", which the publication leaves out";
    if (is_integer(column.type) && is_integer(parameter)) return captured == capture_type::integer ? "" : need(column, "int");
    if (column.type == uuid_oid && parameter == uuid_oid) return captured == capture_type::uuid ? "" : need(column, "uuid");
    if (column.type == date_oid && parameter == date_oid) return captured == capture_type::date ? "" : need(column, "date");
    if (column.is_enum && column.type == parameter) return {};
    if (is_text(column.type) && is_text(parameter))
        return column.deterministic ? "" : "compares " + column.name + ", whose collation finds different texts equal";
    return "compares " + column.name + ", whose type " + column.type_name + " can equal a key's text without being the same";
}

class matcher {
public:
    matcher(const mapping& source, const mapping_facts& reads, const table_fact& table)
        : source_(source), reads_(reads), table_(table), found_(equalities_of(source.statement.sql)) {}

    row_match run() {
        if (!found_.why_not.empty()) return {false, {}, "its query " + found_.why_not};
        row_match out{true, {}, {}};
        for (std::size_t capture = 0; capture < source_.pattern.all_captures().size(); ++capture) {
            auto why = match(capture, out);
            if (!why.empty()) return {false, {}, "its query " + std::move(why)};
        }
        return out;
    }

private:
    // The first equality that will do; else why none does.
    std::string match(std::size_t capture, row_match& out) const {
        const auto& captured = source_.pattern.all_captures()[capture];
        std::string why = "has no condition column = :" + captured.name + " at the top of its WHERE";
        for (const auto& each : found_.all) {
            if (each.parameter >= source_.parameters.size() || source_.parameters[each.parameter] != capture) continue;
            const auto* const column = table_.column(each.column);
            if (column == nullptr || each.parameter >= reads_.parameter_types.size()) continue;
            why = unlike(*column, reads_.parameter_types[each.parameter], captured.type);
            if (!why.empty()) continue;
            const auto& immutable = source_.settings.immutable.value;
            const bool stays = std::find(immutable.begin(), immutable.end(), column->name) != immutable.end();
            out.columns.push_back({column->name, column->type, stays});
            break;
        }
        return why;
    }

    const mapping& source_;
    const mapping_facts& reads_;
    const table_fact& table_;
    query_equalities found_;
};

}  // namespace

row_match match_rows(const mapping& source, const mapping_facts& reads, const table_facts& facts) {
    if (source.pattern.all_captures().empty()) return {true, {}, {}};
    if (!reads.underived.empty()) return {false, {}, "PostgreSQL does not tell what its query reads"};
    if (reads.derived.size() != 1)
        return {false, {}, reads.derived.empty() ? "its query reads no table" : "its query reads several tables"};
    if (reads.direct != reads.derived) return {false, {}, "its query reads a view"};
    if (reads.followed != reads.derived) return {false, {}, "invalidate_on names other tables than the one that its query reads"};
    const auto* const table = facts.table(reads.derived.front());
    if (table == nullptr) return {false, {}, "its table is not known"};
    return matcher(source, reads, *table).run();
}

}  // namespace respgres::proxy
