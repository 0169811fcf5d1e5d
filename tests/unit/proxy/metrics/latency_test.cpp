#include "proxy/metrics/stats_snapshot.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <numeric>

namespace respgres::proxy {

namespace {

using namespace std::chrono_literals;

mapping_snapshot snapshot_of(const latency_histogram& latency) {
    mapping_snapshot made;
    made.latencies = latency.counts();
    made.latency_sum_seconds = latency.sum_seconds();
    return made;
}

}  // namespace

TEST_CASE("latency_histogram: a bucket's bound belongs to it, what is longer than all is in the open one", "[proxy]") {
    latency_histogram latency;
    latency.add(0ns);
    latency.add(100us);
    latency.add(100'001ns);
    latency.add(2500ms);
    latency.add(2501ms);
    latency.add(1h);

    const auto counts = latency.counts();

    CHECK(counts[0] == 2);
    CHECK(counts[1] == 1);
    CHECK(counts[counts.size() - 2] == 1);
    CHECK(counts[counts.size() - 1] == 2);
    CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 6);
    CHECK(latency.sum_seconds() == Approx(3605.0012));
}

TEST_CASE("latency_histogram: bounds grow", "[proxy]") {
    for (std::size_t i = 1; i < latency_histogram::bounds.size(); ++i)
        CHECK(latency_histogram::bounds[i - 1] < latency_histogram::bounds[i]);
}

TEST_CASE("stats_snapshot: quantiles are interpolated within their bucket", "[proxy]") {
    latency_histogram latency;
    for (int i = 0; i < 100; ++i) latency.add(7ms);   // all in (5 ms, 10 ms]
    const auto even = snapshot_of(latency);
    CHECK(even.latency_quantile_seconds(0.5) == Approx(0.0075));
    CHECK(even.latency_quantile_seconds(0.99) == Approx(0.00995));
    CHECK(even.latency_quantile_seconds(1) == Approx(0.010));
    CHECK(even.latency_quantile_seconds(0) == Approx(0.005));
}

TEST_CASE("stats_snapshot: a quantile lies in the bucket that holds it, also behind empty ones", "[proxy]") {
    latency_histogram latency;
    for (int i = 0; i < 90; ++i) latency.add(50us);
    for (int i = 0; i < 10; ++i) latency.add(700ms);
    const auto split = snapshot_of(latency);
    CHECK(split.latency_quantile_seconds(0.5) == Approx(0.0001 * 50 / 90));
    CHECK(split.latency_quantile_seconds(0.9) == Approx(0.0001));
    CHECK(split.latency_quantile_seconds(0.95) == Approx(0.75));   // half of (0.5 s, 1 s]
}

TEST_CASE("stats_snapshot: the open bucket has no end: its quantiles are the last bound, without fills they are 0", "[proxy]") {
    CHECK(mapping_snapshot{}.latency_quantile_seconds(0.5) == 0);
    latency_histogram latency;
    latency.add(10s);
    CHECK(snapshot_of(latency).latency_quantile_seconds(0.5) == Approx(2.5));
}

}  // namespace respgres::proxy
