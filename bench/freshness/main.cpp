// What following the change stream costs and how fast it is: prints two Markdown tables.
#include "bench/freshness/commit_delay.hpp"
#include "bench/freshness/hit_cost.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/resp_client.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace respgres;

tests::proxy_config config_for(const tests::postgres_server& postgres, const tests::redis_server& redis, bool follows) {
    tests::proxy_config made;
    made.redis_url = redis.url();
    made.postgres_url = postgres.url();
    made.mappings = "[mapping.item]\nkey = \"item:{id:int}\"\nttl = \"1h\"\nquery = \"SELECT name FROM items WHERE id = :id\"\n";
    if (follows) made.sections = "[freshness]\nsource = \"replication\"\n";
    return made;
}

double at(const std::vector<double>& ascending, double part) {
    if (ascending.empty()) return 0;
    const auto position = static_cast<std::size_t>(part * static_cast<double>(ascending.size() - 1));
    return ascending[position];
}

void print_delays(const bench::delays& measured) {
    const auto& all = measured.milliseconds;
    const auto early = std::lower_bound(all.begin(), all.end(), 0.0) - all.begin();
    std::printf("| commits/s | commits | p50 ms | p99 ms | p99.9 ms | max ms | gone before the acknowledgement | missed |\n");
    std::printf("|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    std::printf("| %.0f | %zu | %.2f | %.2f | %.2f | %.2f | %.0f %% | %zu |\n\n", measured.commits_per_second, all.size(), at(all, 0.5),
                at(all, 0.99), at(all, 0.999), at(all, 1),
                all.empty() ? 0 : 100.0 * static_cast<double>(early) / static_cast<double>(all.size()), measured.missed);
    std::fflush(stdout);
}

// Waits until it answers from Redis, i.e. until the change stream is followed.
void wait_until_proved(const tests::proxy_process& proxy) {
    tests::resp_client client(proxy.port());
    const auto proved = [&client] {
        client.call({"GET", "item:1"});
        return client.call({"PROXY", "META", "item:1"}).find("proved") != std::string::npos;
    };
    tests::eventually("the change stream is followed", proved);
}

void print_hit_costs(std::uint16_t plain, std::uint16_t following, unsigned rounds) {
    std::printf("| hits, one connection | source = \"ttl\", 1/s | source = \"replication\", 1/s | ratio |\n|---|---:|---:|---:|\n");
    for (const unsigned depth : {1u, 16u}) {
        const auto measured = bench::compare_hits(plain, following, depth, rounds);
        std::printf("| depth %u | %.0f | %.0f | %.3f |\n", depth, measured.first, measured.second, measured.ratio);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "How long after its commit a key is gone, and what the protocol costs on a hit. Starts a PostgreSQL, a Redis and two proxies."};
    unsigned rate = 1'000, writers = 4, seconds = 20, rounds = 10;
    app.add_option("--rate", rate, "commits a second")->check(CLI::Range(1u, 100'000u))->capture_default_str();
    app.add_option("--writers", writers, "connections that commit")->check(CLI::Range(1u, 64u))->capture_default_str();
    app.add_option("--seconds", seconds, "how long they do")->check(CLI::Range(1u, 3'600u))->capture_default_str();
    app.add_option("--rounds", rounds, "of a second each, to compare hits")->check(CLI::Range(1u, 1'000u))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    tests::postgres_server postgres{{"synchronous_commit = on"}};
    tests::redis_server redis;
    postgres.execute(
        "CREATE TABLE items(id bigint PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'x'); CREATE PUBLICATION respgres FOR ALL "
        "TABLES");
    const tests::proxy_process following(config_for(postgres, redis, true));
    const tests::proxy_process plain(config_for(postgres, redis, false));
    wait_until_proved(following);
    print_delays(bench::measure_delays(postgres, redis, rate, writers, std::chrono::seconds(seconds)));
    print_hit_costs(plain.port(), following.port(), rounds);
    return 0;
}
