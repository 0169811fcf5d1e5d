#include "proxy/explain.hpp"

#include "proxy/change_facts.hpp"
#include "proxy/fills/fill_policy.hpp"
#include "proxy/invalidations/change_explanation.hpp"
#include "proxy/query_check.hpp"

#include <algorithm>
#include <cstdio>

namespace respgres::proxy {

namespace {

void line(const char* label, const std::string& text) {
    std::printf("%-12s %s\n", label, text.c_str());
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text.empty() ? "none" : text;
}

void print_types(const conf::settings& settings, const mapping_table& mappings, const mapping& source) {
    const query_report report = check_queries(settings, mappings);
    if (!report.reachable) return line("types", "not known, PostgreSQL cannot be reached: " + report.why);
    for (const auto& problem : report.found) line("problem", conf::to_string(problem));
    const auto of_source = [&source](const query_report::prepared& p) { return p.source == &source; };
    const auto found = std::find_if(report.queries.begin(), report.queries.end(), of_source);
    if (found == report.queries.end()) return;
    std::vector<std::string> names;
    for (const auto& column : found->columns) names.push_back(column.name);
    line("parameters", joined(found->parameters));
    line("columns", joined(names));
}

void print_freshness(const conf::settings& settings, const mapping_table& mappings, const mapping& source, const captures& found) {
    if (!source.follows_changes) {
        for (const auto& each : explain_freshness(source, found, nullptr)) line(each.label.c_str(), each.text);
        return;
    }
    const auto facts = read_change_facts(settings, mappings);
    for (const auto& each : explain_freshness(source, found, facts.has_value() ? &facts->tables : nullptr))
        line(each.label.c_str(), each.text);
    if (facts.has_error()) line("changes", "not known: " + facts.error().detail);
}

}  // namespace

int explain(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules, const std::string& key) {
    captures found;
    const mapping* source = mappings.find(key, found);
    if (source == nullptr) {
        std::printf("'%s' belongs to no mapping: commands on it go to Redis unchanged\n", key.c_str());
        return 1;
    }
    const auto& m = source->settings;
    line("mapping", m.name + "  (" + m.where.file + ":" + std::to_string(m.where.line) + ")");
    line("pattern", m.key.value);
    for (std::size_t i = 0; i < found.values.size(); ++i)
        line("capture", source->pattern.all_captures()[i].name + " = '" + std::string(found.values[i]) + "'");
    if (found.invalid != nullptr) line("but", explain_invalid(*source, found));
    line("shape", std::string(conf::to_string(m.shape.value)));
    line("primary", std::string(conf::to_string(m.primary.value)));
    line("ttl", std::to_string(ttl_of(m, key).count()) + " ms of " + std::to_string(m.ttl.value.count()) +
                    " ms, shortened by the key's hash (ttl_jitter)");
    line("negative ttl", std::to_string(m.negative_ttl.count()) + " ms");
    print_freshness(settings, mappings, *source, found);
    for (const drop_rule* rule : rules.naming(source->index)) line("rule", rule->name + ": " + rule->words);
    line("query", source->statement.sql);
    print_types(settings, mappings, *source);
    return 0;
}

}  // namespace respgres::proxy
