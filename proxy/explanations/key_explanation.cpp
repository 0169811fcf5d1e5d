#include "proxy/explanations/key_explanation.hpp"

#include "proxy/fills/fill_policy.hpp"
#include "proxy/invalidations/change_explanation.hpp"

namespace respgres::proxy {

namespace {

using number = std::int64_t;

template <class Value>
void add(key_explanation& out, std::string_view name, Value told) {
    out.emplace_back().name = name;
    out.back().value.template emplace<Value>(std::move(told));
}

explained_field::named captured(const mapping& source, const captures& found) {
    explained_field::named out;
    const auto& all = source.pattern.all_captures();
    for (std::size_t i = 0; i < found.values.size() && i < all.size(); ++i) out.emplace_back(all[i].name, found.values[i]);
    return out;
}

// The captures that are bound to $1, $2 ...
explained_field::list parameters_of(const mapping& source) {
    explained_field::list out;
    for (const auto capture : source.parameters) out.push_back(source.pattern.all_captures()[capture].name);
    return out;
}

void add_changes(const mapping& source, const captures& found, const table_facts* facts, key_explanation& out) {
    explained_field::list notes;
    if (found.invalid != nullptr) notes.push_back(explain_invalid(source, found));
    std::string changes;
    for (auto& each : explain_freshness(source, found, facts)) {
        if (each.label == "freshness") add(out, "freshness", std::move(each.text));
        if (each.label == "changes") changes = std::move(each.text);
        if (each.label == "but") notes.push_back(std::move(each.text));
    }
    const auto& times = source.settings;
    const auto bound = source.follows_changes ? source.age_bound() : times.ttl.value + times.stale_while_revalidate;
    add(out, "bound_ms", number{bound.count()});
    if (source.follows_changes) {
        const bool is_known = facts != nullptr && facts->of(source.index) != nullptr;
        add(out, "tables", is_known ? followed_tables(source, *facts) : explained_field::list());
        if (!is_known) changes = "not known: PostgreSQL has not told yet which tables the query reads";
        add(out, "changes", std::move(changes));
    }
    add(out, "notes", std::move(notes));
}

explained_field::named rules_for(const mapping& source, const drop_rules* rules) {
    explained_field::named out;
    if (rules == nullptr) return out;
    for (const drop_rule* const each : rules->naming(source.index)) out.emplace_back(each->name, each->words);
    return out;
}

void add_proof(const proof_now& proof, key_explanation& out) {
    const auto lag = proof.lag ? std::chrono::duration_cast<std::chrono::milliseconds>(*proof.lag).count() : -1;
    add(out, "lag_ms", number{lag});
    add(out, "proof", std::string(proof.proof));
    if (!proof.problem.empty()) add(out, "problem", proof.problem);
}

}  // namespace

key_explanation explain_key(const mapping& source, const captures& found, std::string_view key, const dropped_by& what) {
    const auto& settings = source.settings;
    key_explanation out;
    add(out, "mapping", settings.name);
    add(out, "key", settings.key.value);
    add(out, "captures", captured(source, found));
    add(out, "shape", std::string(conf::to_string(settings.shape.value)));
    add(out, "primary", std::string(conf::to_string(settings.primary.value)));
    add(out, "ttl_ms", number{ttl_of(settings, key).count()});
    add(out, "negative_ttl_ms", number{settings.negative_ttl.count()});
    add_changes(source, found, what.facts, out);
    if (source.follows_changes) add_proof(what.proof, out);
    add(out, "rules", rules_for(source, what.rules));
    add(out, "query", source.statement.sql);
    add(out, "parameters", parameters_of(source));
    return out;
}

}  // namespace respgres::proxy
