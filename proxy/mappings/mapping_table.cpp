#include "proxy/mappings/mapping_table.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/mapping_compiler.hpp"
#include "proxy/mappings/pattern_overlaps.hpp"
#include "proxy/mappings/query_equalities.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

namespace respgres::proxy {

namespace {

using conf::quote;
using compiled = std::vector<std::unique_ptr<mapping>>;

// What becomes of a [mapping.*] table of the file. Its pattern is compared with the others', though its query be wrong.
struct candidate {
    const conf::mapping_settings& settings;
    key_pattern pattern;
    std::unique_ptr<mapping> result;
};

std::string in_line(const conf::position& where) {
    return where.line == 0 ? "" : ", line " + std::to_string(where.line);
}

std::vector<candidate> compile_all(const conf::settings& settings, conf::problems& found) {
    std::vector<candidate> out;
    std::unordered_map<std::string_view, const conf::mapping_settings*> by_name;
    for (const auto& one : settings.mappings) {
        const auto [known, is_new] = by_name.try_emplace(one.name, &one);
        if (!is_new) found.push_back({one.where, "two mappings have the name " + quote(one.name) + in_line(known->second->where)});
        auto pattern = compile_pattern(one, found);
        auto result = compile_mapping(one, pattern, found);
        if (pattern && is_new) out.push_back({one, std::move(*pattern), std::move(result)});
    }
    return out;
}

// The mappings' positions, the most specific first; equals in the order of the file.
std::vector<std::size_t> order_of_specificity(const compiled& mappings) {
    std::vector<std::size_t> order(mappings.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto &left = mappings[a]->pattern, &right = mappings[b]->pattern;
        return left.more_specific_than(right) || (!right.more_specific_than(left) && a < b);
    });
    return order;
}

prefix_tree tree_of(const compiled& mappings, const std::vector<std::size_t>& order) {
    std::vector<std::string_view> prefixes;
    for (const auto i : order) prefixes.push_back(mappings[i]->pattern.prefix());
    return prefix_tree(prefixes);
}

std::string overlap_message(const candidate& later, const candidate& earlier) {
    const auto who = "key pattern " + quote(later.pattern.text()) + " of mapping " + quote(later.settings.name);
    const auto whose = "that of mapping " + quote(earlier.settings.name) + " (" + quote(earlier.pattern.text()) +
                       in_line(earlier.settings.key.where) + ")";
    captures out;
    const auto fits = [&out](const key_pattern& p, const std::string& key) { return p.match(key, out) && !out.invalid; };
    const auto key = later.pattern.common_key(earlier.pattern);
    const bool shown = key && fits(later.pattern, *key) && fits(earlier.pattern, *key);
    return who + " overlaps " + whose + ": some keys" + (shown ? ", such as " + quote(*key) + "," : "") +
           " match both and neither is more specific; change the text of one, or give its captures types (int, uuid, date)";
}

// The mappings without a problem.
compiled without_overlaps(std::vector<candidate> candidates, conf::problems& found) {
    std::vector<const key_pattern*> patterns;
    for (const auto& one : candidates) patterns.push_back(&one.pattern);
    for (const auto& [later, earlier] : find_overlaps(patterns)) {
        found.push_back({candidates[later].settings.key.where, overlap_message(candidates[later], candidates[earlier])});
        candidates[later].result = nullptr;
    }
    compiled out;
    for (auto& one : candidates) {
        if (one.result) out.push_back(std::move(one.result));
    }
    return out;
}

// Those of one place stay in their order.
void sort_by_place(std::span<conf::problem> problems) {
    std::multimap<std::pair<std::uint32_t, std::uint32_t>, conf::problem> sorted;
    for (auto& p : problems) sorted.emplace(std::pair(p.where.line, p.where.column), std::move(p));
    std::transform(sorted.begin(), sorted.end(), problems.begin(), [](auto& entry) { return std::move(entry.second); });
}

// Whether a changed row tells by itself which keys it concerns, as far as the query's text goes: columns of their types may prove otherwise, then all keys are
// looked for.
bool names_its_rows(const mapping& source) {
    std::vector<bool> named(source.pattern.all_captures().size());
    for (const auto& equality : equalities_of(source.statement.sql).all)
        if (equality.parameter < source.parameters.size()) named[source.parameters[equality.parameter]] = true;
    return std::find(named.begin(), named.end(), false) == named.end();
}

// Whether a rule names all of its keys (proxy/rules reads that in full).
bool is_dropped_whole(const mapping& source, const std::vector<conf::rule_settings>& rules) {
    if (source.redis_is_primary() || source.pattern.all_captures().empty()) return false;
    const auto is_meant = [&source](const conf::located<std::string>& target) {
        const std::string_view text = target.value;
        return text.ends_with('*') && source.pattern.prefix().starts_with(text.substr(0, text.size() - 1));
    };
    return std::any_of(rules.begin(), rules.end(),
                       [&is_meant](const auto& rule) { return std::any_of(rule.drops.begin(), rule.drops.end(), is_meant); });
}

}  // namespace

mapping_table mapping_table::build(const conf::settings& settings, conf::problems& found) {
    const auto before = found.size();
    auto mappings = without_overlaps(compile_all(settings, found), found);
    sort_by_place(std::span(found).subspan(before));

    mapping_table table;
    const auto order = order_of_specificity(mappings);
    table.tree_ = tree_of(mappings, order);
    for (const auto i : order) {
        table.by_specificity_.push_back(mappings[i].get());
        table.begins_.add(mappings[i]->pattern.prefix());
    }
    for (auto& one : mappings) {
        one->index = table.mappings_.size();
        const bool follows = settings.freshness.source.value == conf::freshness_source::replication;
        one->follows_changes = follows && one->settings.follow_changes && !one->redis_is_primary();
        one->is_wide = one->follows_changes && !names_its_rows(*one);
        one->keeps_registry = one->is_wide || is_dropped_whole(*one, settings.rules);
        one->bound = one->settings.bound.count() > 0 ? one->settings.bound : settings.freshness.bound;
        table.mappings_.push_back(std::move(one));
    }
    return table;
}

const mapping* mapping_table::find_among(std::string_view key, captures& out) const {
    // Longest prefix first, as it is mostly the most specific one that has it; those of shorter prefixes are tried as far as they
    // outrank it.
    constexpr auto nobody = static_cast<std::uint32_t>(-1);
    std::uint32_t valid = nobody, invalid = nobody, tried = nobody;
    for (auto node = tree_.longest(key); node != prefix_tree::none; node = tree_.shorter(node)) {
        for (const auto entry : tree_.entries(node)) {
            if (entry > valid) break;
            tried = entry;
            if (!by_specificity_[entry]->pattern.match(key, out)) continue;
            if (out.invalid) {
                invalid = std::min(invalid, entry);
                continue;
            }
            valid = entry;
            break;
        }
    }
    const auto chosen = valid != nobody ? valid : invalid;
    if (chosen == nobody) {
        out.values.clear();
        return nullptr;
    }
    if (tried != chosen) by_specificity_[chosen]->pattern.match(key, out);
    return by_specificity_[chosen];
}

const mapping* mapping_table::by_name(std::string_view name) const {
    const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const auto& m) { return m->settings.name == name; });
    return found == mappings_.end() ? nullptr : found->get();
}

}  // namespace respgres::proxy
