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
constexpr std::chrono::seconds fill_patience{60};               // a proxy may first have to prove that its near cache is fresh
constexpr std::string_view near_hits_counter = "proxy_near_hits";

void keep_to_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<unsigned>(core), &cores);
    if (::sched_setaffinity(0, sizeof cores, &cores) != 0) throw std::runtime_error("cannot keep to core " + std::to_string(core));
}

// The chosen lines, with the lanes whose targets are there, and as many keys as the options say.
class chosen_lines {
public:
    explicit chosen_lines(const benchmark_options& options) {
        for (const std::string& id : options.only) add(id, options);
    }
    const std::deque<workload>& all() const { return lines_; }
    std::size_t lanes(bool open_only) const {
        std::size_t sum = 0;
        for (const workload& each : lines_)
            if (!open_only || each.open_rate > 0) sum += each.lanes.size();
        return sum;
    }

private:
    void add(const std::string& id, const benchmark_options& options) {
        const auto known = all_workloads();
        const auto found = std::find_if(known.begin(), known.end(), [&](const workload& each) { return each.id == id; });
        if (found == known.end()) throw std::runtime_error("there is no workload '" + id + "'");
        std::vector<lane> present;
        for (const lane& each : found->lanes)
            if (std::any_of(options.targets.begin(), options.targets.end(), [&](const auto& given) { return given.name == each.target; }))
                present.push_back(each);
        if (present.empty() || present.front().name != found->lanes.front().name)
            throw std::runtime_error("'" + id + "' needs the target '" + std::string(found->lanes.front().target) + "'");
        lanes_.push_back(std::move(present));
        lines_.push_back(*found);
        lines_.back().lanes = lanes_.back();
        if (options.keys > 0 && found->before != preparation::none) lines_.back().keys = options.keys;
    }

    std::deque<std::vector<lane>> lanes_;
    std::deque<workload> lines_;
};

std::string_view prefix_of(const workload& what, const lane& in) {
    return in.prefix.empty() ? what.prefix : in.prefix;
}

bool is_proxy(const lane& each) {
    return each.target.starts_with("respgres");
}

using command_sources = std::vector<std::unique_ptr<command_source>>;   // one per lane

class runner {
public:
    explicit runner(const benchmark_options& options) : options_(options), random_(options.seed) {
        for (const target_address& each : options.targets) targets_.emplace_back(each.name, each.address, options.connections);
    }

    measurement measure(const workload& what, const plan& cycles) {
        prepare(what);
        const command_sources sources = sources_for(what);
        measurement measured{what.id, what.title, what.open_rate, {}, {}, {}};
        for (const lane& each : what.lanes) measured.lanes.emplace_back(each.name);
        measured.closed.resize(what.lanes.size());
        measured.open.resize(what.lanes.size());
        for (std::size_t at = 0; at < what.lanes.size(); ++at) slice(what, at, *sources[at]);   // to get warm
        const std::uint64_t before = near_hits(what);
        for (std::size_t i = 0; i < cycles.closed_cycles && closed_cycle(what, sources, measured); ++i) continue;
        for (std::size_t i = 0; what.open_rate > 0 && i < cycles.open_cycles; ++i)
            for (const std::size_t at : order_of_turns(what.lanes.size(), random_))
                measured.open[at].push_back(named(what.lanes[at].target).run_open(what, *sources[at], open_slice, options_.core >= 0));
        check_near_hits(what, measured, near_hits(what) - before);
        return measured;
    }

private:
    target& named(std::string_view name) {
        const auto found = std::find_if(targets_.begin(), targets_.end(), [&](const target& each) { return each.name() == name; });
        if (found == targets_.end()) throw std::runtime_error("no target is called '" + std::string(name) + "'");
        return *found;
    }

    void prepare(const workload& what) {
        if (what.before == preparation::none) return;
        std::vector<std::string_view> stored;
        for (const lane& each : what.lanes) {
            const std::string_view prefix = prefix_of(what, each);
            if (std::find(stored.begin(), stored.end(), prefix) != stored.end()) continue;
            named("redis").store(what, prefix);
            stored.push_back(prefix);
        }
        for (const lane& each : what.lanes)
            if (what.before == preparation::near && is_proxy(each)) fill_near_cache(what, each);
    }

    // Reads every key until the proxy's own counter says that the near cache answered each of them.
    void fill_near_cache(const workload& what, const lane& in) {
        target& proxy = named(in.target);
        workload reading = what;
        reading.depth = what.keys % bulk_depth == 0 ? bulk_depth : 1;
        const std::uint64_t first = first_number(what.keys), last = first + what.keys - 1;
        const auto deadline = steady_clock::now() + fill_patience;
        while (steady_clock::now() < deadline) {
            const std::uint64_t before = proxy.counter(near_hits_counter);
            each_key_once commands(reading, prefix_of(what, in), first, last);
            proxy.run_closed(reading, commands, std::chrono::hours(1));
            if (proxy.counter(near_hits_counter) - before == what.keys) return;
        }
        throw std::runtime_error(std::string(what.id) + ": " + proxy.name() + " does not keep all keys in its near cache");
    }

    // Of all proxies of the line; two targets may be one process.
    std::uint64_t near_hits(const workload& what) {
        std::uint64_t most = 0;
        for (const lane& each : what.lanes)
            if (what.before == preparation::near && is_proxy(each)) most = std::max(most, named(each.target).counter(near_hits_counter));
        return most;
    }

    // A thousandth may have gone to Redis: while the near cache could not prove that it is fresh. The last of several proxies stands for all.
    static void check_near_hits(const workload& what, const measurement& measured, std::uint64_t hits) {
        std::uint64_t asked = 0;
        for (std::size_t at = 0; at < what.lanes.size(); ++at) {
            if (what.before != preparation::near || !is_proxy(what.lanes[at])) continue;
            for (const auto* slices : {&measured.closed[at], &measured.open[at]})
                for (const slice_result& each : *slices) asked += each.requests;
        }
        if (what.lanes.front().target == "redis" && hits < asked - asked / 1000)
            throw std::runtime_error(std::string(what.id) + ": only " + std::to_string(hits) + " of " + std::to_string(asked) +
                                     " replies came from the near cache");
    }

    // What each lane is asked. Keys that are not there: a proxy gets those of the table, the others such as stay absent.
    command_sources sources_for(const workload& what) {
        command_sources sources;
        for (std::size_t at = 0; at < what.lanes.size(); ++at) {
            const bool fills = is_proxy(what.lanes[at]);
            const std::string_view prefix = prefix_of(what, what.lanes[at]);
            const std::uint64_t first = fills ? 0 : far_behind_the_table * (at + 1);
            const std::uint64_t last = first + (fills ? options_.rows : far_behind_the_table);
            if (what.before == preparation::none)
                sources.push_back(std::make_unique<each_key_once>(what, prefix, first + 1, last));
            else
                sources.push_back(std::make_unique<random_commands>(what, prefix, random_.next()));
        }
        return sources;
    }

    // False, without a trace, when a lane has no keys left.
    bool closed_cycle(const workload& what, const command_sources& sources, measurement& measured) {
        std::vector<slice_result> cycle(what.lanes.size());
        for (const std::size_t at : order_of_turns(what.lanes.size(), random_)) cycle[at] = slice(what, at, *sources[at]);
        for (const slice_result& each : cycle)
            if (each.requests == 0) return false;
        for (std::size_t at = 0; at < cycle.size(); ++at) measured.closed[at].push_back(std::move(cycle[at]));
        return true;
    }

    slice_result slice(const workload& what, std::size_t at, command_source& commands) {
        std::vector<thread_times> before;
        for (const process& each : options_.processes) before.push_back(cpu_of(each.id));
        slice_result result = named(what.lanes[at].target).run_closed(what, commands, closed_slice);
        for (std::size_t i = 0; i < before.size(); ++i) result.cpu.push_back(cpu_between(before[i], cpu_of(options_.processes[i].id)));
        return result;
    }

    const benchmark_options& options_;
    bookmaker::random_stream random_;
    std::deque<target> targets_;  // which does not move: their epoll sets point into them
};

}  // namespace

std::vector<summary> run(const benchmark_options& options) {
    if (options.core >= 0) keep_to_core(options.core);
    const chosen_lines chosen(options);
    const plan cycles = plan_for(options.seconds, chosen.lanes(false), chosen.lanes(true));
    runner measuring(options);
    std::vector<summary> lines;
    std::size_t number = 0;
    for (const workload& each : chosen.all()) {
        std::fprintf(stderr, "[%zu/%zu] %s\n", ++number, chosen.all().size(), std::string(each.title).c_str());
        const auto more = summarize(measuring.measure(each, cycles));
        lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
}

}  // namespace respgres::side_by_side
