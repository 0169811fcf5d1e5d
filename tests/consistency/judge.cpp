#include "tests/consistency/judge.hpp"

#include "tests/consistency/reader.hpp"
#include "tests/support/eventually.hpp"

#include <algorithm>
#include <stdexcept>

namespace respgres::tests::consistency {

judge::judge(rule_checker::settings chosen, workload& shared, const setbacks& allowed, moment began)
    : shared_(shared), allowed_(allowed), checker_(chosen, shared.items.cells()) {
    for (unsigned i = 0; i < shared.items.items(); ++i)
        for (const write& w : shared.items.writes(i, shared.states[i].current, began, began, true)) checker_.add(w);
}

void judge::collect() {
    moment horizon = moment::max();
    for (const mailbox& box : boxes_) horizon = std::min(horizon, box.horizon());
    for (mailbox& box : boxes_) {
        const auto letters = box.take();
        for (const write& w : letters.writes) checker_.add(w);
        for (const invalidation& i : letters.invalidations) checker_.add(i);
        for (const read& r : letters.reads) checker_.add(r);
    }
    checker_.allow(allowed_.all());
    checker_.judge_until(horizon);
}

void judge::settle() {
    // PostgreSQL itself is asked: what the writers believe is not the measure.
    sql_link postgres(shared_.where.postgres);
    const auto rows = postgres.run("SELECT id, version, grp FROM items");
    if (!rows) throw std::runtime_error("PostgreSQL is gone");
    std::vector<item_version> truth(shared_.items.items());
    for (const auto& row : *rows) truth.at(std::stoul(row[0])) = {std::stoull(row[1]), true, static_cast<unsigned>(std::stoul(row[2]))};
    std::vector<std::optional<version>> expected(shared_.items.cells());
    for (unsigned i = 0; i < truth.size(); ++i)
        for (const write& w : shared_.items.writes(i, truth[i], {}, {}, true))
            if (!w.absent) expected.at(w.where) = w.number;

    for (std::size_t proxy = 0; proxy < shared_.where.proxies.size(); ++proxy) {
        resp_link link(shared_.where.proxies[proxy]);
        for (const watched_key& key : shared_.items.all_keys()) {
            // What Redis does not hold after the last write nobody holds: with cache-aside there is nothing to compare.
            std::vector<read> found;
            const auto once = [&] { return !(found = reader::read_once(shared_, link, key, static_cast<std::uint8_t>(proxy))).empty(); };
            if (shared_.how.proxies)
                eventually(shared_.items.name_of(key) + " can be read", once);
            else
                once();
            for (const read& r : found) checker_.settled(r, expected.at(r.where));
        }
    }
}

}  // namespace respgres::tests::consistency
