#include "bench/freshness/hit_cost.hpp"

#include "tests/support/resp_client.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace respgres::bench {

namespace {

double hits_per_second(tests::resp_client& client, unsigned depth) {
    std::string commands;
    for (unsigned i = 0; i < depth; ++i) commands += tests::resp_client::encode({"GET", "item:1"});
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::milliseconds(250);
    std::size_t hits = 0;
    for (auto now = start; now < end; now = std::chrono::steady_clock::now()) {
        client.send_raw(commands);
        for (unsigned i = 0; i < depth; ++i) client.read_reply();
        hits += depth;
    }
    return static_cast<double>(hits) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
}

}  // namespace

hit_costs compare_hits(std::uint16_t first_port, std::uint16_t second_port, unsigned depth, unsigned rounds) {
    tests::resp_client first(first_port);
    tests::resp_client second(second_port);
    std::vector<double> of_first, of_second, ratios;
    for (unsigned i = 0; i < rounds; ++i) {
        // In both orders, so that a drift of the machine favours neither.
        const double a1 = hits_per_second(first, depth), b1 = hits_per_second(second, depth);
        const double b2 = hits_per_second(second, depth), a2 = hits_per_second(first, depth);
        of_first.push_back((a1 + a2) / 2);
        of_second.push_back((b1 + b2) / 2);
        ratios.push_back((b1 + b2) / (a1 + a2));
    }
    return {median(of_first), median(of_second), median(ratios)};
}

}  // namespace respgres::bench
