// Goals P9 and P10: keys a second, and PostgreSQL's time for each, of the proxy's queries beside plain libpq programs. Prints a Markdown table.
//
// All are open at once and take turns in slices of 40 ms, in random order; ratios within a cycle, their median over the cycles.
#include "bench/misses/contestants.hpp"
#include "bench/side_by_side/process_cpu.hpp"
#include "bench/side_by_side/statistics.hpp"
#include "tests/support/postgres_server.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace respgres;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct lane {
    std::unique_ptr<bench::contestant> who;
    std::vector<pid_t> backends;
    std::vector<double> keys_per_second;
    std::vector<double> cpu_per_key;  // microseconds
};

side_by_side::thread_times cpu_of(const lane& each) {
    side_by_side::thread_times found;
    for (const pid_t id : each.backends) found.merge(side_by_side::cpu_of(id));
    return found;
}

void take_turn(lane& each) {
    const auto cpu = cpu_of(each);
    const auto began = steady_clock::now();
    const auto keys = static_cast<double>(each.who->run_until(began + 40ms));
    const std::chrono::duration<double> took = steady_clock::now() - began;
    each.keys_per_second.push_back(keys / took.count());
    each.cpu_per_key.push_back(static_cast<double>(side_by_side::cpu_between(cpu, cpu_of(each))) / 1e3 / keys);
}

void print(const std::vector<lane>& lanes) {
    std::printf("| keys by primary key | keys/s | / synchronous | / pipelined program | PostgreSQL us/key | / pipelined program |\n");
    std::printf("|---|---:|---:|---:|---:|---:|\n");
    const auto median = [](const std::vector<double>& values) { return side_by_side::quartiles_of(values).median; };
    for (const lane& each : lanes)
        std::printf("| %s | %.0f | %.2f | %.2f | %.1f | %.2f |\n", each.who->name().c_str(), median(each.keys_per_second),
                    median(side_by_side::ratios(each.keys_per_second, lanes[0].keys_per_second)),
                    median(side_by_side::ratios(each.keys_per_second, lanes[1].keys_per_second)), median(each.cpu_per_key),
                    median(side_by_side::ratios(each.cpu_per_key, lanes[1].cpu_per_key)));
}

void run(unsigned cycles) {
    tests::postgres_server server;
    server.execute(
        "CREATE TABLE items (id int8 PRIMARY KEY, name text, price numeric); INSERT INTO items SELECT i, 'item ' || i, i * 0.01 FROM "
        "generate_series(1, " +
        std::to_string(bench::rows) + ") i");
    server.execute("VACUUM ANALYZE items");
    const std::string socket = server.socket_url();
    const std::string url = socket + (socket.find('?') == std::string::npos ? "?connect_timeout=10" : "");
    std::vector<lane> lanes(6);
    lanes[0].who = bench::make_synchronous(url);
    lanes[1].who = bench::make_pipelined(url);
    lanes[2].who = bench::make_proxied(url, "proxy_1_connection_singles", 1, 1);
    lanes[3].who = bench::make_proxied(url, "proxy_4_connections_singles", 4, 1);
    lanes[4].who = bench::make_proxied(url, "proxy_1_connection", 1, 0);
    lanes[5].who = bench::make_proxied(url, "proxy_4_connections", 4, 0);
    for (lane& each : lanes)
        for (const auto& row : server.execute("SELECT pid FROM pg_stat_activity WHERE application_name = '" + each.who->name() + "'"))
            each.backends.push_back(static_cast<pid_t>(std::stol(row.at(0))));
    std::vector<std::size_t> order(lanes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::minstd_rand random(std::random_device{}());
    for (unsigned cycle = 0; cycle < cycles; ++cycle) {
        std::shuffle(order.begin(), order.end(), random);
        for (const std::size_t i : order) take_turn(lanes[i]);
    }
    print(lanes);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("respgres_bench_misses: what filling missing keys costs PostgreSQL");
    unsigned cycles = 40;
    app.add_option("--cycles", cycles, "slices of each contestant");
    CLI11_PARSE(app, argc, argv);
    try {
        run(cycles);
        return 0;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "%s\n", why.what());
        return 1;
    }
}
