#include "tests/consistency/run.hpp"

#include "tests/consistency/crew.hpp"
#include "tests/consistency/faults.hpp"
#include "tests/consistency/judge.hpp"
#include "tests/consistency/reader.hpp"
#include "tests/consistency/report.hpp"
#include "tests/consistency/tap.hpp"
#include "tests/consistency/writer.hpp"
#include "tests/support/http_client.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace respgres::tests::consistency {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long after the last write a proxy may still serve what was before: twice the bound that the modes set.
constexpr milliseconds may_be_behind{1'000};

double seconds_since(moment when) {
    return std::chrono::duration<double>(steady_clock::now() - when).count();
}

void start(crew& threads, judge& court, workload& shared, const options& chosen) {
    if (shared.how.tap) threads.start_following(std::make_shared<tap>(shared, court.new_mailbox()));
    for (unsigned i = 0; i < chosen.writers; ++i)
        threads.start_writing(
            std::make_shared<writer>(shared, court.new_mailbox(), chosen.seed + i, chosen.writes_per_second / chosen.writers));
    for (unsigned i = 0; i < chosen.readers; ++i)
        threads.start_reading(
            std::make_shared<reader>(shared, court.new_mailbox(), chosen.seed + i, chosen.reads_per_second / chosen.readers));
}

// Until the time is over and as many rows as wanted were judged, or there is a violation where one is enough.
void watch(crew& threads, judge& court, const workload& shared, const options& chosen, moment began) {
    auto next_line = began + std::chrono::seconds(1);
    while ((seconds_since(began) < chosen.seconds || court.result().reads < chosen.rows) && !threads.failed()) {
        std::this_thread::sleep_for(milliseconds(50));
        court.collect();
        const verdict& found = court.result();
        if (chosen.stop_at_first && found.violations() > 0) {
            std::printf("first violation after %.2f s\n", seconds_since(began));
            return;
        }
        if (chosen.quiet || steady_clock::now() < next_line) continue;
        next_line += std::chrono::seconds(1);
        std::printf("%6.1f s  %llu transactions  %llu replies  %llu rows read  %llu violations\n", seconds_since(began),
                    static_cast<unsigned long long>(shared.seen.transactions), static_cast<unsigned long long>(shared.seen.replies),
                    static_cast<unsigned long long>(found.reads), static_cast<unsigned long long>(found.violations()));
        std::fflush(stdout);
    }
}

proxy_counters counters_of(const platform& servers, judge& court) {
    proxy_counters sums;
    for (std::size_t i = 0; i < servers.proxies.size(); ++i) {
        proxy_counters one;
        add_counters(one, http_get(servers.proxies[i]->admin_port(), "/stats").body);
        court.stale_served(static_cast<std::uint8_t>(i), one["stale_served"]);
        for (const auto& [name, number] : one) sums[name] += number;
    }
    return sums;
}

void say_fault(const std::string& name, moment began) {
    std::printf("%6.1f s  %s\n", seconds_since(began), name.c_str());
}

}  // namespace

int run(options chosen) {
    if (chosen.seed == 0) chosen.seed = static_cast<std::uint64_t>(steady_clock::now().time_since_epoch().count()) % 1'000'000 + 1;
    const mode& how = mode_named(chosen.mode);
    const auto wanted = faults_named(chosen.faults, how);
    const auto any = [&wanted](bool fault::* what) {
        return std::any_of(wanted.begin(), wanted.end(), [what](auto* f) { return f->*what; });
    };
    std::printf("mode %s, seed %llu\n", chosen.mode.c_str(), static_cast<unsigned long long>(chosen.seed));

    platform servers(chosen, how, any(&fault::needs_relay));
    workload shared(chosen.items, how, servers.where());
    rule_checker::settings rules;
    rules.bound = milliseconds(chosen.bound_ms + chosen.coalesce_ms);
    rules.invalidations_hold = !any(&fault::loses_writes);
    const moment began = steady_clock::now();
    judge court(rules, shared, servers.gone_back, began);
    proxy_counters counters;
    {
        crew threads(shared);
        start(threads, court, shared, chosen);
        if (!wanted.empty())
            threads.start_faults([&](const std::atomic<bool>& ends) {
                inject_faults(servers, wanted, chosen.seed, ends, [began](const std::string& name) { say_fault(name, began); });
            });
        watch(threads, court, shared, chosen, began);
        threads.stop_faults();
        threads.stop_writing();
        std::this_thread::sleep_for(may_be_behind);
        threads.stop_reading();
    }
    court.collect();
    court.settle();
    counters = counters_of(servers, court);
    std::fputs(report(chosen, shared, court.result(), counters, began).c_str(), stdout);
    return (court.result().violations() > 0) == chosen.expect_violations ? 0 : 1;
}

}  // namespace respgres::tests::consistency
