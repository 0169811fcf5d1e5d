#include "proxy/invalidations/invalidation_rules.hpp"

#include "proxy/invalidations/key_collection.hpp"
#include "proxy/invalidations/mapped_key.hpp"
#include "proxy/plants.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace respgres::proxy {

using change_stream::cell;
using change_stream::change;

// What one transaction touches.
class invalidation_rules::collector {
public:
    collector(const invalidation_rules& all, invalidation& out) : all_(all), out_(out) {}

    void take(const change_stream::transaction& of) {
        if (of.everything_changed) take_everything();
        if (!of.changes.empty() || !of.wide.empty())
            for (const auto mapping : all_.blind_) out_.add_wide(mapping);
        for (const auto& each : of.wide) take(each);
        const change_stream::relation* described = nullptr;
        for (const auto& each : of.changes) {
            if (each.table.get() != described) begin_table(*each.table);
            described = each.table.get();
            for (auto& one : here_) take(each, one);
        }
        for (auto& [rule, keys] : keys_)
            if (!keys.finish(out_.keys)) make_wide(rule);
    }

private:
    // One rule and where its columns stand in the rows of the table that is read now.
    struct bound_rule {
        std::size_t rule;
        std::vector<std::size_t> places;
        bool wide;
    };

    void take_everything() {
        for (const auto& each : all_.rules_) out_.add_wide(each.mapping);
        out_.facts_are_old = true;
    }

    void take(const change_stream::wide_change& of) {
        using cause = change_stream::wide_change::cause;
        if (of.why == cause::redefined || of.why == cause::ddl) out_.facts_are_old = true;
        const auto found = all_.by_relation_.find(of.relation_id);
        if (found != all_.by_relation_.end())
            for (const auto rule : found->second) make_wide(rule);
        else if (of.why != cause::ddl)
            take_stranger(of.relation_id);
    }

    // A table without rules. One that was not published when the facts were read may be a new partition of one with rules.
    void take_stranger(std::uint32_t relation) {
        if (!all_.published_.contains(relation)) take_everything();
    }

    void begin_table(const change_stream::relation& table) {
        here_.clear();
        const auto found = all_.by_relation_.find(table.id);
        if (found == all_.by_relation_.end()) return take_stranger(table.id);
        for (const auto rule : found->second) here_.push_back(bind(rule, table));
    }

    bound_rule bind(std::size_t rule, const change_stream::relation& table) {
        const row_match& rows = all_.rules_[rule].rows;
        bound_rule bound{rule, {}, !rows.exact || is_wide(rule)};
        if (bound.wide) return bound;
        for (const auto& wanted : rows.columns) {
            const auto is_it = [&](const auto& column) { return column.name == wanted.name && column.type == wanted.type; };
            const auto place = std::find_if(table.columns.begin(), table.columns.end(), is_it);
            if (place == table.columns.end()) {
                out_.facts_are_old = true;
                bound.wide = true;
                break;
            }
            bound.places.push_back(static_cast<std::size_t>(place - table.columns.begin()));
        }
        return bound;
    }

    void take(const change& each, bound_rule& of) {
        const bool known = each.what != change::kind::truncate && !of.wide && take_rows(each, of);
        if (!known || keys_of(of.rule).has_too_many()) of.wide = true;
        if (of.wide) make_wide(of.rule);
    }

    // False: a value is not known.
    bool take_rows(const change& each, const bound_rule& of) {
        const auto& columns = all_.rules_[of.rule].rows.columns;
        const bool has_new = each.after.has_value();
        std::optional<bool> has_new_key = false;
        if (has_new) has_new_key = read_row(of, new_values_, [&](std::size_t i) { return each.new_value(of.places[i]); });
        if (!has_new_key) return false;
        if (*has_new_key) add_key(of, new_values_);
        if (each.what == change::kind::insert || planted(plant::old_image_ignored)) return true;
        const auto has_old_key = read_row(of, old_values_, [&](std::size_t i) {
            const cell old = each.old_value(of.places[i]);
            return !old.is_known() && has_new && columns[i].immutable ? each.new_value(of.places[i]) : old;
        });
        if (!has_old_key) return false;
        const bool is_same = *has_new_key && old_values_ == new_values_;  // as most changes leave it
        if (*has_old_key && !is_same) add_key(of, old_values_);
        return true;
    }

    // Whether they make a key: nothing equals NULL. Nothing: a value is not known.
    template <class Value>
    static std::optional<bool> read_row(const bound_rule& of, std::vector<std::string_view>& values, Value value) {
        values.clear();
        bool has_key = true;
        for (std::size_t i = 0; i < of.places.size(); ++i) {
            const cell told = value(i);
            if (told.how != cell::form::null && told.how != cell::form::text) return std::nullopt;
            has_key = has_key && told.how == cell::form::text && can_be_captured(told.bytes);
            values.push_back(told.bytes);
        }
        return has_key;
    }

    void add_key(const bound_rule& of, const std::vector<std::string_view>& values) {
        keys_of(of.rule).add(make_key(all_.rules_[of.rule].segments, values));
    }

    key_collection& keys_of(std::size_t rule) {
        const auto found = std::find_if(keys_.begin(), keys_.end(), [rule](const auto& each) { return each.first == rule; });
        return found == keys_.end() ? keys_.emplace_back(rule, key_collection(max_keys)).second : found->second;
    }

    bool is_wide(std::size_t rule) const {
        return std::find(out_.wide.begin(), out_.wide.end(), all_.rules_[rule].mapping) != out_.wide.end();
    }
    void make_wide(std::size_t rule) {
        out_.add_wide(all_.rules_[rule].mapping);
        keys_of(rule).clear();
    }

    const invalidation_rules& all_;
    invalidation& out_;
    std::vector<bound_rule> here_;
    std::vector<std::pair<std::size_t, key_collection>> keys_;   // of the rules that were touched: few
    std::vector<std::string_view> new_values_;
    std::vector<std::string_view> old_values_;
};

invalidation_rules invalidation_rules::build(const mapping_table& mappings, const table_facts& facts) {
    invalidation_rules made;
    made.published_ = facts.published;
    for (const auto& reads : facts.mappings) {
        const mapping& source = *mappings.all()[reads.mapping];
        const auto position = made.rules_.size();
        if (reads.followed.empty() && !reads.underived.empty()) made.blind_.push_back(reads.mapping);
        made.rules_.push_back({reads.mapping, source.pattern.segments(), match_rows(source, reads, facts)});
        // Drops of a mapping with one key are put off as those of a wide one.
        if (source.coalesce().count() > 0 && source.pattern.all_captures().empty()) made.rules_.back().rows.exact = false;
        std::vector<std::uint32_t> relations = reads.followed;
        relations.insert(relations.end(), reads.views.begin(), reads.views.end());
        for (const auto oid : reads.followed)
            if (const auto* const table = facts.table(oid)) relations.insert(relations.end(), table->parts.begin(), table->parts.end());
        std::sort(relations.begin(), relations.end());
        relations.erase(std::unique(relations.begin(), relations.end()), relations.end());
        for (const auto oid : relations) made.by_relation_[oid].push_back(position);
    }
    return made;
}

void invalidation_rules::affected(const change_stream::transaction& of, invalidation& out) const {
    collector(*this, out).take(of);
}

const row_match* invalidation_rules::match_of(std::size_t mapping) const {
    const auto found = std::find_if(rules_.begin(), rules_.end(), [mapping](const rule& each) { return each.mapping == mapping; });
    return found == rules_.end() ? nullptr : &found->rows;
}

}  // namespace respgres::proxy
