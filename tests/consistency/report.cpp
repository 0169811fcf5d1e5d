#include "tests/consistency/report.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace respgres::tests::consistency {

namespace {

std::string version_text(const std::optional<version>& number) {
    return number ? "version " + std::to_string(*number) : std::string("no row");
}

std::string seconds_text(std::chrono::nanoseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f s", std::chrono::duration<double>(time).count());
    return text;
}

std::string line(std::string_view name, const std::string& value) {
    std::string made(name);
    made.resize(std::max<std::size_t>(made.size() + 1, 22), ' ');
    return made + value + "\n";
}

std::string line(std::string_view name, std::uint64_t value) {
    return line(name, std::to_string(value));
}

std::string told(const violation& v, const item_set& items, moment began) {
    std::string text = "  ";
    text.append(number_of(v.broken)).append(" ");
    if (v.broken == rule::stale_served) return text + "proxy " + std::to_string(v.what.proxy) + ": " + v.detail + "\n";
    text += items.name_of(v.what.where) + ": " + version_text(v.what.seen) + " read through proxy " + std::to_string(v.what.proxy) +
            " from " + seconds_text(v.what.start - began) + " to " + seconds_text(v.what.end - began);
    if (v.broken == rule::committed) return text + "; " + v.detail + "\n";
    return text + "; " + version_text(v.expected) + " was due since " + seconds_text(v.since - began) + "\n";
}

}  // namespace

const std::vector<std::string>& reported_counters() {
    static const std::vector<std::string> names{"hits",     "near_hits",       "misses",      "fills",         "joined",
                                                "bypasses", "rejected_stores", "lease_waits", "invalidations", "stale_served"};
    return names;
}

void add_counters(proxy_counters& sums, std::string_view stats) {
    const auto mappings = stats.find("\"mappings\":");
    if (mappings == stats.npos) return;
    for (const std::string& name : reported_counters()) {
        const std::string quoted = "\"" + name + "\":";
        for (auto at = stats.find(quoted, mappings); at != stats.npos; at = stats.find(quoted, at + 1)) {
            std::uint64_t number = 0;
            std::from_chars(stats.data() + at + quoted.size(), stats.data() + stats.size(), number);
            sums[name] += number;
        }
    }
}

std::string report(const options& chosen, const workload& shared, const verdict& found, const proxy_counters& proxies, moment began) {
    std::string text = "\n";
    text += line("mode", chosen.mode + (chosen.sync_standby ? ", synchronous standby" : ""));
    text += line("faults", chosen.faults);
    text += line("seed", chosen.seed);
    text += line("transactions", shared.seen.transactions);
    text += line("rollbacks", shared.seen.rollbacks);
    text += line("unknown ends", shared.seen.unknown_ends);
    text += line("replies", shared.seen.replies);
    text += line("error replies", shared.seen.error_replies);
    text += line("broken connections", shared.seen.broken_connections);
    text += line("longest reply", seconds_text(shared.seen.reply.value()));
    text += line("longest invalidation", seconds_text(shared.seen.invalidation.value()));
    text += line("rows read", found.reads);
    for (const auto& name : reported_counters())
        if (const auto sum = proxies.find(name); sum != proxies.end()) text += line("proxies' " + name, sum->second);
    text += line("worst age", seconds_text(found.worst_age) + ": " + shared.items.name_of(found.oldest.where) + ", " +
                                  version_text(found.oldest.seen) + " read at " + seconds_text(found.oldest.start - began));
    if (found.worst_after_setback.count() > 0) text += line("after a setback", seconds_text(found.worst_after_setback));
    for (std::size_t i = 0; i < rule_count; ++i) {
        const auto r = static_cast<rule>(i);
        text += line("violations of " + std::string(number_of(r)), std::to_string(found.of(r)) + "   (" + std::string(meaning_of(r)) + ")");
    }
    for (const violation& v : found.first) text += told(v, shared.items, began);
    return text;
}

}  // namespace respgres::tests::consistency
