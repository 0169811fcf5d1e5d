#include "bench/side_by_side/benchmark.hpp"

#include "bench/side_by_side/schedule.hpp"
#include "bench/side_by_side/target.hpp"
#include "bench/side_by_side/workload.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <stdexcept>

namespace respgres::side_by_side {

namespace {

constexpr std::uint64_t far_behind_the_table = 1'000'000'000;   // keys that no row has

void keep_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<unsigned>(core), &cores);
    if (::sched_setaffinity(0, sizeof cores, &cores) != 0) throw std::runtime_error("cannot keep to core " + std::to_string(core));
}

std::vector<const workload*> chosen(const std::vector<std::string>& only) {
    std::vector<const workload*> result;
    const auto known = all_workloads();
    for (const std::string& id : only)
        if (std::none_of(known.begin(), known.end(), [&](const workload& each) { return each.id == id; }))
            throw std::runtime_error("there is no workload '" + id + "'");
    for (const workload& each : known)
        if (only.empty() || std::find(only.begin(), only.end(), each.id) != only.end()) result.push_back(&each);
    return result;
}

using command_sources = std::vector<std::unique_ptr<command_source>>;   // one per target

class runner {
public:
    explicit runner(const benchmark_options& options) : options_(options), random_(options.seed) {
        for (const target_address& each : options.targets) targets_.emplace_back(each.name, each.host, each.port, options.connections);
    }

    measurement measure(const workload& what, const plan& cycles) {
        prepare(what);
        const command_sources sources = sources_for(what);
        measurement measured{what.id, what.title, what.open_rate, {}, {}};
        measured.closed.resize(targets_.size());
        measured.open.resize(targets_.size());
        for (std::size_t at = 0; at < targets_.size(); ++at) slice(what, at, *sources[at]);   // to get warm
        for (std::size_t i = 0; i < cycles.closed_cycles && closed_cycle(what, sources, measured); ++i) continue;
        for (std::size_t i = 0; what.open_rate > 0 && i < cycles.open_cycles; ++i)
            for (const std::size_t at : order_of_turns(targets_.size(), random_))
                measured.open[at].push_back(targets_[at].run_open(what, *sources[at], open_slice, options_.core >= 0));
        return measured;
    }

private:
    bool fills(std::size_t at) const { return options_.targets[at].name == options_.filler; }

    void prepare(const workload& what) {
        if (what.before == preparation::none) return;
        workload every_key = what;
        every_key.depth = 1;
        std::size_t at = 0;                        // Redis
        if (what.before == preparation::store) {
            every_key.command = verb::set;
            every_key.least_reply_bytes = 0;       // +OK
        } else {
            while (at < targets_.size() && !fills(at)) ++at;
            if (at == targets_.size()) throw std::runtime_error("no target is called '" + options_.filler + "'");
        }
        each_key_once keys(every_key, 1, every_key.keys);
        const slice_result done = targets_[at].run_closed(every_key, keys, std::chrono::hours(1));
        if (done.bad_replies > 0 || done.requests != every_key.keys)
            throw std::runtime_error("preparing '" + std::string(what.title) + "': " + done.first_bad);
    }

    // What each target is asked. Keys that are not there: the filler gets those of the table, the others such as stay absent.
    command_sources sources_for(const workload& what) {
        command_sources sources;
        for (std::size_t at = 0; at < targets_.size(); ++at) {
            const std::uint64_t first = fills(at) ? 0 : far_behind_the_table * (at + 1);
            const std::uint64_t last = first + (fills(at) ? options_.rows : far_behind_the_table);
            if (what.before == preparation::none)
                sources.push_back(std::make_unique<each_key_once>(what, first + 1, last));
            else
                sources.push_back(std::make_unique<random_commands>(what, random_.next()));
        }
        return sources;
    }

    // False, without a trace, when a target has no keys left.
    bool closed_cycle(const workload& what, const command_sources& sources, measurement& measured) {
        std::vector<slice_result> cycle(targets_.size());
        for (const std::size_t at : order_of_turns(targets_.size(), random_)) cycle[at] = slice(what, at, *sources[at]);
        for (const slice_result& each : cycle)
            if (each.requests == 0) return false;
        for (std::size_t at = 0; at < cycle.size(); ++at) measured.closed[at].push_back(std::move(cycle[at]));
        return true;
    }

    slice_result slice(const workload& what, std::size_t at, command_source& commands) {
        std::vector<std::uint64_t> before;
        for (const process& each : options_.processes) before.push_back(cpu_of(each.id));
        slice_result result = targets_[at].run_closed(what, commands, closed_slice);
        for (std::size_t i = 0; i < before.size(); ++i) result.cpu.push_back(cpu_of(options_.processes[i].id) - before[i]);
        return result;
    }

    const benchmark_options& options_;
    bookmaker::random_stream random_;
    std::deque<target> targets_;               // which does not move: their epoll sets point into them
};

}  // namespace

std::vector<summary> run(const benchmark_options& options) {
    if (options.core >= 0) keep_to_core(options.core);
    const auto workloads = chosen(options.only);
    const auto open_lines = std::count_if(workloads.begin(), workloads.end(), [](const workload* each) { return each->open_rate > 0; });
    const plan cycles = plan_for(options.seconds, options.targets.size(), workloads.size(), static_cast<std::size_t>(open_lines));
    std::vector<std::string> names;
    for (const target_address& each : options.targets) names.push_back(each.name);

    runner measuring(options);
    std::vector<summary> lines;
    for (std::size_t i = 0; i < workloads.size(); ++i) {
        std::fprintf(stderr, "[%zu/%zu] %s\n", i + 1, workloads.size(), std::string(workloads[i]->title).c_str());
        const auto more = summarize(measuring.measure(*workloads[i], cycles), names);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
}

}  // namespace respgres::side_by_side
