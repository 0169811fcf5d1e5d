#include "bench/side_by_side/process_cpu.hpp"
#include "bench/side_by_side/report.hpp"
#include "bench/side_by_side/results.hpp"
#include "bench/side_by_side/schedule.hpp"
#include "bench/side_by_side/statistics.hpp"
#include "bench/side_by_side/workload.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <unistd.h>

using namespace respgres::side_by_side;
using respgres::bookmaker::random_stream;

namespace {

slice_result slice_of(std::uint64_t requests, double seconds) {
    slice_result slice;
    slice.requests = requests;
    slice.seconds = seconds;
    return slice;
}

// A workload of our own: the real ones may change.
constexpr workload three_sets{"set_3", "three", verb::set, "k:", 9, 2, 3, preparation::store, 0, {}};

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("side_by_side: threads that begin or end meanwhile make no time that nobody ran", "[bench]") {
    CHECK(cpu_between({{1, 100}, {2, 50}}, {{1, 130}, {2, 50}}) == 30);
    CHECK(cpu_between({{1, 100}, {2, 5'000}}, {{1, 130}}) == 30);             // 2 ended
    CHECK(cpu_between({{1, 100}}, {{1, 130}, {3, 7}}) == 37);                 // 3 began
    CHECK(cpu_between({{1, 100}, {2, 5'000}}, {{1, 130}, {2, 8}}) == 30);     // another thread 2
}

TEST_CASE("side_by_side: cpu_of sees the threads of a process", "[bench]") {
    CHECK(cpu_of(getpid()).contains(getpid()));
    CHECK(cpu_of(-1).empty());
}

TEST_CASE("statistics: quartiles are those that R's quantile() gives by default", "[bench]") {
    const quartiles of_five = quartiles_of({5, 1, 4, 2, 3});
    CHECK(of_five.low == Approx(2));
    CHECK(of_five.median == Approx(3));
    CHECK(of_five.high == Approx(4));

    const quartiles of_four = quartiles_of({10, 40, 20, 30});   // quantile(c(10, 20, 30, 40)): 17.5 25 32.5
    CHECK(of_four.low == Approx(17.5));
    CHECK(of_four.median == Approx(25));
    CHECK(of_four.high == Approx(32.5));
}

TEST_CASE("statistics: the ends of the scale, one value, and none", "[bench]") {
    const std::vector<double> values{1, 2, 9};
    CHECK(quantile(values, 0) == 1);
    CHECK(quantile(values, 1) == 9);
    CHECK(quantile({7}, 0.99) == 7);
    CHECK(quantile({}, 0.5) == 0);
}

TEST_CASE("statistics: ratios are taken pair by pair, without those that have no base", "[bench]") {
    CHECK(ratios({1, 5, 9}, {2, 0, 3}) == std::vector<double>{0.5, 3});
}

TEST_CASE("schedule: the slices of all lines together take the time that was given", "[bench]") {
    const plan cycles = plan_for(120, 3 * 7, 3 * 4);
    const double closed = static_cast<double>(cycles.closed_cycles) * 3 * 7 * 0.040;
    const double open = static_cast<double>(cycles.open_cycles) * 3 * 4 * 0.200;

    CHECK(closed == Approx(80).margin(3 * 7 * 0.040));
    CHECK(open == Approx(40).margin(3 * 4 * 0.200));
}

TEST_CASE("schedule: however little time there is, every line has a median", "[bench]") {
    CHECK(plan_for(0.001, 21, 12).closed_cycles == 5);
    CHECK(plan_for(0.001, 21, 12).open_cycles == 1);
    CHECK(plan_for(10, 3, 0).open_cycles == 1);      // no line with an open loop: no division by zero
}

TEST_CASE("schedule: every target has one turn in a cycle, and all orders are as likely", "[bench]") {
    random_stream random(1);
    std::map<std::vector<std::size_t>, int> seen;
    constexpr int cycles = 6'000;
    for (int i = 0; i < cycles; ++i) ++seen[order_of_turns(3, random)];

    CHECK(seen.size() == 6);
    for (const auto& [order, count] : seen) {
        CHECK(std::is_permutation(order.begin(), order.end(), std::vector<std::size_t>{0, 1, 2}.begin()));
        CHECK(count == Approx(cycles / 6).epsilon(0.15));
    }
}

TEST_CASE("workload: a request is the command that Redis' protocol wants", "[bench]") {
    std::string out;
    append_request(out, three_sets, three_sets.prefix, 7);
    CHECK(out == "*3\r\n$3\r\nSET\r\n$3\r\nk:7\r\n$2\r\nxx\r\n");

    workload hash = three_sets;
    hash.command = verb::hgetall;
    out.clear();
    append_request(out, hash, hash.prefix, 12);
    CHECK(out == "*2\r\n$7\r\nHGETALL\r\n$4\r\nk:12\r\n");
}

TEST_CASE("workload: a batch of random commands holds as many as the line is deep, on keys that were prepared", "[bench]") {
    random_commands commands(three_sets, three_sets.prefix, 1);
    std::set<std::string> keys;
    for (int i = 0; i < 500; ++i) {
        const std::string batch(commands.next_batch());
        REQUIRE(count_of(batch, "SET") == 3);
        for (std::size_t at = batch.find("k:"); at != std::string::npos; at = batch.find("k:", at + 1)) keys.insert(batch.substr(at, 5));
    }
    std::set<std::string> expected;
    for (char digit = '0'; digit <= '8'; ++digit) expected.insert(std::string{'k', ':', '1', digit, '\r'});
    CHECK(keys == expected);
}

TEST_CASE("workload: each key comes once and in full batches, then nothing", "[bench]") {
    each_key_once commands(three_sets, three_sets.prefix, 2, 8);           // seven keys: two batches of three
    const std::string first(commands.next_batch()), second(commands.next_batch());

    for (const char* key : {"k:2", "k:3", "k:4"}) CHECK(count_of(first, key) == 1);
    for (const char* key : {"k:5", "k:6", "k:7"}) CHECK(count_of(second, key) == 1);
    CHECK(commands.next_batch().empty());
    CHECK(commands.next_batch().empty());
}

TEST_CASE("workload: the numbers of a line's keys have the same number of digits", "[bench]") {
    for (const std::size_t keys : {1ul, 9ul, 10ul, 11ul, 1'000ul, 10'000ul, 99'999ul}) {
        const std::uint64_t first = first_number(keys);
        CHECK(std::to_string(first).size() == std::to_string(first + keys - 1).size());
    }
}

TEST_CASE("workload: what is stored is what the reply shall be", "[bench]") {
    std::string out;
    append_store(out, three_sets, three_sets.prefix, 12);
    CHECK(out == "*5\r\n$3\r\nSET\r\n$4\r\nk:12\r\n$2\r\nxx\r\n$2\r\nEX\r\n$5\r\n43200\r\n");

    workload get = three_sets;
    get.command = verb::get;
    CHECK(reply_to(get).head == "$2\r\n");
    CHECK(reply_to(get).bytes == std::string("$2\r\nxx\r\n").size());
    CHECK(reply_to(three_sets).head == "+OK\r\n");
    CHECK(reply_to(three_sets).bytes == 5);
}

TEST_CASE("workload: no two lines share an id, and what has an open loop is one deep", "[bench]") {
    std::set<std::string_view> ids;
    for (const workload& each : all_workloads()) {
        CHECK(ids.insert(each.id).second);
        CHECK((each.open_rate == 0 || each.depth == 1));
        CHECK(!each.lanes.empty());
    }
    CHECK(ids.size() >= 6);
}

TEST_CASE("results: the ratio is the median over the cycles, not the ratio of the medians", "[bench]") {
    // Half as fast in each cycle, while the machine slows down to a tenth.
    const measurement measured{
        "w",
        "title",
        0,
        {"redis", "proxy"},
        {{slice_of(1000, 1), slice_of(500, 1), slice_of(100, 1)}, {slice_of(500, 1), slice_of(100, 0.4), slice_of(50, 1)}},
        {{}, {}}};
    const auto lines = summarize(measured);

    REQUIRE(lines.size() == 2);
    CHECK(lines[0].ratio.median == 1);
    CHECK(lines[1].lane == "proxy");
    CHECK(lines[1].rate.median == Approx(250));
    CHECK(lines[1].ratio.low == Approx(0.5));
    CHECK(lines[1].ratio.median == Approx(0.5));
    CHECK(lines[1].ratio.high == Approx(0.5));
    CHECK(lines[1].cycles == 3);
}

TEST_CASE("results: CPU, latencies and wrong replies are those of all slices", "[bench]") {
    slice_result one = slice_of(1000, 1), two = slice_of(3000, 1);
    one.cpu = {2'000'000, 500'000};                     // nanoseconds
    two.cpu = {6'000'000, 3'500'000};
    two.bad_replies = 2;
    two.first_bad = "-ERR";
    slice_result open = slice_of(3, 1), more = slice_of(2, 1);
    open.latencies = {30, 10, 50};
    more.latencies = {40, 20};
    more.bad_replies = 1;
    more.first_bad = "$-1";
    const measurement measured{"w", "title", 1000, {"redis"}, {{one, two}}, {{open, more}}};
    const auto lines = summarize(measured);

    REQUIRE(lines.size() == 1);
    REQUIRE(lines[0].cpu.size() == 2);
    CHECK(lines[0].cpu[0] == Approx(2));                // microseconds per request
    CHECK(lines[0].cpu[1] == Approx(1));
    CHECK(lines[0].p50 == Approx(30));
    CHECK(lines[0].p99 == Approx(49.6));
    CHECK(lines[0].bad_replies == 3);
    CHECK(lines[0].first_bad == "-ERR");
}

TEST_CASE("report: a line of the table, and the same in the CSV", "[bench]") {
    summary line{"get", "GET 100 B", "respgres", 40, {90'000, 101'234.4, 110'000}, {0.871, 0.904, 0.93}, {6.12, 7.0, 0.01}, 10'000,
                 51.6,  240,         0,          {}};
    summary deep = line;
    deep.lane = "nutcracker";
    deep.open_rate = 0;
    const std::vector<std::string> processes{"respgres", "redis", "postgresql"};
    const std::string table = markdown({line, deep}, processes);

    CHECK(count_of(table, "\n") == 4);
    CHECK(count_of(table, "\n| GET 100 B | respgres | 101 234 | 0.90 (0.87-0.93) | respgres 6.1 + redis 7.0 | 10 000 | 52 | 240 |\n") == 1);
    CHECK(count_of(table, "\n|  | nutcracker | 101 234 | 0.90 (0.87-0.93) | respgres 6.1 + redis 7.0 | - | - | - |\n") == 1);

    CHECK(csv({line}, processes) ==
          "workload,lane,cycles,rate,rate_low,rate_high,ratio,ratio_low,ratio_high,open_rate,p50_us,p99_us,bad_replies,"
          "cpu_us_respgres,cpu_us_redis,cpu_us_postgresql\n"
          "get,respgres,40,101234.4,90000.0,110000.0,0.9040,0.8710,0.9300,10000,51.6,240.0,0,6.120,7.000,0.010\n");
}
