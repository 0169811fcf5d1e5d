#include "tests/consistency/rules.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace respgres::tests::consistency {

std::string_view number_of(rule r) {
    constexpr std::array<std::string_view, rule_count> numbers{"R1", "R2", "R3", "R4", "R5", "R9"};
    return numbers[static_cast<std::size_t>(r)];
}

std::string_view meaning_of(rule r) {
    switch (r) {
        case rule::invalidated: return "no read is older than what was invalidated before it began";
        case rule::bound: return "no read is older than what was acknowledged the bound before it began";
        case rule::quiet: return "once nobody writes, every key is what PostgreSQL holds";
        case rule::committed: return "nothing is read that was rolled back or not yet begun";
        case rule::after: return "a read after PROXY AFTER has that transaction";
        case rule::stale_served: return "no proxy counts an answer as stale";
    }
    return "";
}

std::uint64_t verdict::violations() const {
    return std::accumulate(broken.begin(), broken.end(), std::uint64_t{0});
}

void rule_checker::add(const write& w) {
    cell_history& h = cells_.at(w.where);
    if (!w.committed) {
        ++verdict_.aborted;
        h.aborted.insert(std::upper_bound(h.aborted.begin(), h.aborted.end(), w.number), w.number);
        return;
    }
    ++verdict_.writes;
    const auto later = [](version number, const committed& c) { return number < c.number; };
    const committed made{w.number, w.begin, w.acknowledged, w.absent};
    h.versions.insert(std::upper_bound(h.versions.begin(), h.versions.end(), w.number, later), made);
}

void rule_checker::add(const invalidation& i) {
    auto& all = cells_.at(i.where).invalidations;
    const auto later = [](moment when, const dropped& d) { return when < d.acknowledged; };
    auto at = all.insert(std::upper_bound(all.begin(), all.end(), i.acknowledged, later), {i.acknowledged, i.number});
    if (at != all.begin()) at->newest = std::max(at->newest, std::prev(at)->newest);
    for (const version newest = at->newest; at != all.end() && at->newest <= newest; ++at) at->newest = newest;
}

void rule_checker::judge_until(moment horizon) {
    const auto later = std::partition(waiting_.begin(), waiting_.end(), [horizon](const read& r) { return r.end > horizon; });
    for (auto r = later; r != waiting_.end(); ++r) judge(*r);
    waiting_.erase(later, waiting_.end());
}

void rule_checker::report(violation found) {
    auto& count = verdict_.broken[static_cast<std::size_t>(found.broken)];
    if (count++ < settings_.kept_of_each) verdict_.first.push_back(std::move(found));
}

std::optional<std::size_t> rule_checker::version_seen(const read& r, const cell_history& h) {
    const auto& all = h.versions;
    violation found{rule::committed, r, std::nullopt, r.end, "no such version"};
    if (r.seen) {
        const auto at = std::lower_bound(all.begin(), all.end(), *r.seen, [](const committed& c, version v) { return c.number < v; });
        if (at != all.end() && at->number == *r.seen && !at->absent && at->begin <= r.end)
            return static_cast<std::size_t>(at - all.begin());
        if (std::binary_search(h.aborted.begin(), h.aborted.end(), *r.seen)) found.detail = "it was rolled back";
        if (at != all.end() && at->number == *r.seen)
            found.detail = at->absent ? "the row is not there in this version" : "it had not yet begun";
    } else {
        // Any version without the row may have been seen: the newest is taken, which speaks for the proxy.
        const auto begun = std::partition_point(all.begin(), all.end(), [&r](const committed& c) { return c.begin <= r.end; });
        for (auto at = begun; at != all.begin();)
            if ((--at)->absent) return static_cast<std::size_t>(at - all.begin());
        found.detail = "the row was always there";
    }
    report(std::move(found));
    return std::nullopt;
}

void rule_checker::judge(const read& r) {
    ++verdict_.reads;
    const cell_history& h = cells_.at(r.where);
    const auto seen = version_seen(r, h);
    if (!seen) return;
    const version number = h.versions[*seen].number;

    if (settings_.invalidations_hold) {
        const auto& all = h.invalidations;
        const auto at = std::partition_point(all.begin(), all.end(), [&r](const dropped& d) { return d.acknowledged <= r.start; });
        if (at != all.begin()) require(r, rule::invalidated, number, std::prev(at)->newest, std::prev(at)->acknowledged);
    }
    const auto more = allowance(r);
    const bool set_back = more.count() > 0;
    const auto due = r.start - settings_.bound - more;
    const auto& all = h.versions;
    const auto at = std::partition_point(all.begin(), all.end(), [due](const committed& c) { return c.acknowledged <= due; });
    if (at != all.begin()) require(r, rule::bound, number, std::prev(at)->number, std::prev(at)->acknowledged);
    if (!set_back) require(r, rule::after, number, r.at_least, r.start);
    judge_age(r, all, *seen, set_back);
}

void rule_checker::require(const read& r, rule which, version newest, version least, moment since) {
    if (newest < least) report({which, r, least, since, {}});
}

std::chrono::nanoseconds rule_checker::allowance(const read& r) const {
    std::chrono::nanoseconds most{0};
    for (const setback& each : setbacks_)
        if (each.concerns(r)) most = std::max(most, each.by);
    return most;
}

void rule_checker::judge_age(const read& r, const std::vector<committed>& versions, std::size_t seen, bool set_back) {
    if (seen + 1 == versions.size()) return;
    const auto age = r.start - versions[seen + 1].acknowledged;
    if (set_back) {
        verdict_.worst_after_setback = std::max(verdict_.worst_after_setback, age);
        return;
    }
    if (age <= verdict_.worst_age) return;
    verdict_.worst_age = age;
    verdict_.oldest = r;
}

void rule_checker::settled(const read& r, std::optional<version> in_postgres) {
    if (r.seen != in_postgres) report({rule::quiet, r, in_postgres, r.start, {}});
}

void rule_checker::stale_served(std::uint8_t proxy, std::uint64_t answers) {
    if (answers == 0) return;
    violation found;
    found.broken = rule::stale_served;
    found.what.proxy = proxy;
    found.detail = std::to_string(answers) + " answers";
    report(std::move(found));
}

}  // namespace respgres::tests::consistency
