#include "bench/side_by_side/results.hpp"

#include <algorithm>

namespace respgres::side_by_side {

namespace {

std::vector<double> rates_of(const std::vector<slice_result>& slices) {
    std::vector<double> rates;
    for (const slice_result& slice : slices) rates.push_back(slice.rate());
    return rates;
}

// Over all slices: a single one is too short for the clock that the kernel counts with.
std::vector<double> cpu_per_request(const std::vector<slice_result>& slices) {
    std::vector<double> sums;
    double requests = 0;
    for (const slice_result& slice : slices) {
        requests += static_cast<double>(slice.requests);
        sums.resize(std::max(sums.size(), slice.cpu.size()));
        for (std::size_t i = 0; i < slice.cpu.size(); ++i) sums[i] += static_cast<double>(slice.cpu[i]) / 1000;
    }
    for (double& sum : sums) sum = requests > 0 ? sum / requests : 0;
    return sums;
}

void add_bad(summary& line, const std::vector<slice_result>& slices) {
    for (const slice_result& slice : slices) {
        line.bad_replies += slice.bad_replies;
        if (line.first_bad.empty()) line.first_bad = slice.first_bad;
    }
}

}  // namespace

std::vector<summary> summarize(const measurement& measured) {
    std::vector<summary> lines;
    const std::vector<double> base = rates_of(measured.closed.front());
    for (std::size_t lane = 0; lane < measured.lanes.size(); ++lane) {
        const auto& closed = measured.closed[lane];
        const std::vector<double> rates = rates_of(closed);
        summary line{measured.workload_id,
                     measured.title,
                     measured.lanes[lane],
                     closed.size(),
                     quartiles_of(rates),
                     quartiles_of(ratios(rates, base)),
                     cpu_per_request(closed),
                     measured.open_rate,
                     0,
                     0,
                     0,
                     {}};
        std::vector<double> latencies;
        for (const slice_result& slice : measured.open[lane])
            latencies.insert(latencies.end(), slice.latencies.begin(), slice.latencies.end());
        std::sort(latencies.begin(), latencies.end());
        line.p50 = quantile(latencies, 0.5);
        line.p99 = quantile(latencies, 0.99);
        add_bad(line, closed);
        add_bad(line, measured.open[lane]);
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace respgres::side_by_side
