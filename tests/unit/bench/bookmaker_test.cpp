#include "bench/bookmaker/copy_text.hpp"
#include "bench/bookmaker/dataset.hpp"
#include "bench/bookmaker/latency_histogram.hpp"
#include "bench/bookmaker/market.hpp"
#include "bench/bookmaker/progress.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

using namespace respgres::bookmaker;
using namespace std::chrono_literals;

namespace {

// 2025-01-31 12:00:00 UTC
constexpr instant noon = std::chrono::sys_days{std::chrono::year{2025} / 1 / 31} + 12h;

template <class Row>
std::string line_of(const Row& row) {
    std::string line;
    append_row(line, row);
    return line;
}

std::string first_lines(const dataset& data) {
    std::string lines;
    for (std::uint64_t row = 0; row < 100; ++row)
        lines += line_of(data.user(row)) + line_of(data.event(row)) + line_of(data.bet(row)) + line_of(data.session(row % 10));
    return lines;
}

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

std::string cents(std::int64_t amount) {
    std::string out;
    append_cents(out, amount);
    return out;
}

std::string time_text(instant when) {
    std::string out;
    append_instant(out, when);
    return out;
}

}  // namespace

TEST_CASE("random_stream: gives the numbers of the published splitmix64", "[bench]") {
    random_stream random(1234567);   // the reference vector of Vigna's splitmix64.c, seed 1234567

    CHECK(random.next() == 6457827717110365317u);
    CHECK(random.next() == 3203168211198807973u);
    CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("random_stream: its normal numbers have mean 0 and deviation 1", "[bench]") {
    random_stream random(7);
    double sum = 0, squares = 0;
    constexpr int draws = 100'000;
    for (int i = 0; i < draws; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
    }

    CHECK(sum / draws == Approx(0).margin(0.02));
    CHECK(squares / draws == Approx(1).margin(0.03));
}

TEST_CASE("zipf: the share of each rank is that of 1 / rank^exponent", "[bench]") {
    const zipf hot(1'000, 1.1);
    random_stream random(1);
    std::map<std::int64_t, int> counts;
    constexpr int draws = 400'000;
    for (int i = 0; i < draws; ++i) ++counts[hot.draw(random)];

    double sum = 0;
    for (int rank = 1; rank <= 1'000; ++rank) sum += std::pow(rank, -1.1);
    for (const std::uint64_t rank : {0u, 1u, 2u, 9u, 99u}) {
        const double expected = std::pow(static_cast<double>(rank + 1), -1.1) / sum;
        CHECK(counts[hot.id_of_rank(rank)] == Approx(expected * draws).epsilon(0.12));
    }
}

TEST_CASE("zipf: every rank has an id of its own within 1 .. count", "[bench]") {
    for (const std::uint64_t count : {1u, 2u, 10u, 1'000u, 80'000u}) {
        const zipf ids(count, 0.7);
        std::set<std::int64_t> seen;
        for (std::uint64_t rank = 0; rank < count; ++rank) seen.insert(ids.id_of_rank(rank));

        CHECK(seen.size() == count);
        CHECK(*seen.begin() == 1);
        CHECK(*seen.rbegin() == static_cast<std::int64_t>(count));
    }
}

TEST_CASE("zipf: refuses no ids at all", "[bench]") {
    CHECK_THROWS_AS(zipf(0, 1), std::invalid_argument);
}

TEST_CASE("dataset: the same seed makes the same rows, another seed others", "[bench]") {
    const dataset_sizes sizes{5'000, 1'000, 200};

    CHECK(first_lines(dataset(1, sizes, noon)) == first_lines(dataset(1, sizes, noon)));
    CHECK(first_lines(dataset(1, sizes, noon)) != first_lines(dataset(2, sizes, noon)));
}

TEST_CASE("dataset: about 2 % of the bets are open, 90 % settled, 6 % cashed out, 2 % cancelled", "[bench]") {
    const dataset data(1, {100'000, 1'000, 200}, noon);
    std::map<bet_status, double> percent;
    for (std::uint64_t row = 0; row < 100'000; ++row) percent[data.bet(row).status] += 0.001;

    CHECK(percent[bet_status::open] == Approx(2).margin(0.3));
    CHECK(percent[bet_status::settled] == Approx(90).margin(0.5));
    CHECK(percent[bet_status::cashed_out] == Approx(6).margin(0.5));
    CHECK(percent[bet_status::cancelled] == Approx(2).margin(0.3));
}

TEST_CASE("dataset: bets are in the order of time, the newest just before now, and only open ones have no time of settling", "[bench]") {
    constexpr std::uint64_t count = 20'000;
    const dataset data(3, {count, 1'000, 200}, noon);
    instant previous = noon - std::chrono::days{31};
    for (std::uint64_t row = 0; row < count; ++row) {
        const bet b = data.bet(row);
        REQUIRE(b.id == static_cast<std::int64_t>(row + 1));
        REQUIRE(b.placed_at > previous);
        REQUIRE(b.placed_at <= noon);
        REQUIRE((b.status == bet_status::open) == !b.settled_at.has_value());
        if (b.settled_at) {
            REQUIRE(*b.settled_at >= b.placed_at);
            REQUIRE(*b.settled_at <= noon);
        }
        previous = b.placed_at;
    }

    CHECK(noon - previous < 10min);
}

TEST_CASE("dataset: one event in a hundred takes more than half of the bets, and users and events exist", "[bench]") {
    const dataset data(1, {50'000, 2'000, 10'000}, noon);
    std::vector<int> bets_on(10'001);
    for (std::uint64_t row = 0; row < 50'000; ++row) {
        const bet b = data.bet(row);
        REQUIRE((b.user_id >= 1 && b.user_id <= 2'000));
        REQUIRE((b.event_id >= 1 && b.event_id <= 10'000));
        ++bets_on[static_cast<std::size_t>(b.event_id)];
    }
    std::ranges::sort(bets_on, std::greater{});

    CHECK(std::accumulate(bets_on.begin(), bets_on.begin() + 100, 0) > 25'000);
}

TEST_CASE("dataset: stakes are positive, fit numeric(12,2), and are skewed to small ones", "[bench]") {
    random_stream random(5);
    std::vector<std::int64_t> stakes(20'000);
    for (auto& stake : stakes) stake = draw_cents(random);
    std::ranges::sort(stakes);

    CHECK(stakes.front() >= 50);
    CHECK(stakes.back() <= 5'000'000);
    CHECK(stakes[10'000] == Approx(1'000).margin(100));
    CHECK(std::accumulate(stakes.begin(), stakes.end(), std::int64_t{0}) / 20'000 > stakes[10'000] * 3 / 2);
}

TEST_CASE("dataset: the first session is sess_000001, has not expired, and carries its user's name", "[bench]") {
    const dataset data(1, {100, 1'000, 10}, noon);
    const session first = data.session(0);

    CHECK(first.session_id == "sess_000001");
    CHECK(first.expires_at > noon);
    CHECK(first.name == data.user(static_cast<std::uint64_t>(first.user_id - 1)).name);
    CHECK(first.roles.front() == "player");
    CHECK(data.session(4).expires_at <= noon);   // every fifth has expired
}

TEST_CASE("dataset: the smallest data set works", "[bench]") {
    const dataset data(1, {1, 1, 1}, noon);

    CHECK(data.bet(0).user_id == 1);
    CHECK(data.bet(0).event_id == 1);
    CHECK(data.session(0).user_id == 1);
}

TEST_CASE("copy_text: escapes what COPY reads specially, and nothing else", "[bench]") {
    CHECK(escaped("plain, \"quoted\", O'Brien, Søren") == "plain, \"quoted\", O'Brien, Søren");
    CHECK(escaped("a\tb\nc\rd\\e") == "a\\tb\\nc\\rd\\\\e");
    CHECK(escaped("\\N") == "\\\\N");
    CHECK(escaped("\\.") == "\\\\.");
}

TEST_CASE("copy_text: quotes array elements, then escapes the array for COPY", "[bench]") {
    const auto array = [](std::vector<std::string_view> elements) {
        std::string out;
        append_array(out, elements);
        return out;
    };

    CHECK(array({}) == "{}");
    CHECK(array({"player", "vip"}) == "{\"player\",\"vip\"}");
    CHECK(array({"a\"b", "c\\d", "e,f", ""}) == "{\"a\\\\\"b\",\"c\\\\\\\\d\",\"e,f\",\"\"}");
}

TEST_CASE("copy_text: writes cents as units with two decimals", "[bench]") {
    CHECK(cents(1'205) == "12.05");
    CHECK(cents(50) == "0.50");
    CHECK(cents(100'000'000) == "1000000.00");
}

TEST_CASE("copy_text: writes a time to the microsecond, in UTC", "[bench]") {
    CHECK(time_text(noon) == "2025-01-31 12:00:00.000000+00");
    CHECK(time_text(noon - 1us) == "2025-01-31 11:59:59.999999+00");
    CHECK(time_text(instant(-1us)) == "1969-12-31 23:59:59.999999+00");
    CHECK(time_text(noon + 29 * 24h + 9h + 8min + 7s + 42us) == "2025-03-01 21:08:07.000042+00");
}

TEST_CASE("copy_text: a row is its fields between tabs, and NULL is backslash N", "[bench]") {
    CHECK(line_of(user{3, "Back\\slash", noon}) == "3\tBack\\\\slash\t2025-01-31 12:00:00.000000+00\n");
    CHECK(line_of(bet{7, 2, 5, bet_status::open, 1'250, noon, std::nullopt}) ==
          "7\t2\t5\tOPEN\t12.50\t2025-01-31 12:00:00.000000+00\t\\N\n");
    CHECK(line_of(bet{8, 2, 5, bet_status::cashed_out, 100, noon, noon + 1h}) ==
          "8\t2\t5\tCASHED_OUT\t1.00\t2025-01-31 12:00:00.000000+00\t2025-01-31 13:00:00.000000+00\n");
}

TEST_CASE("market: closes the bet that has been open longest, and only bets that it was told of", "[bench]") {
    market m(1, 100, 10);
    m.opened(41);
    m.opened(42);
    std::vector<std::int64_t> closed;
    for (int i = 0; i < 100; ++i)
        if (const auto action = m.next(); const auto* close = std::get_if<close_bet>(&action)) {
            CHECK(close->status != bet_status::open);
            closed.push_back(close->bet_id);
        }

    CHECK(closed == std::vector<std::int64_t>{41, 42});
}

TEST_CASE("market: places about as many bets as it closes", "[bench]") {
    market m(1, 100, 10);
    for (int id = 1; id <= 20'000; ++id) m.opened(id);
    int placed = 0;
    for (int i = 0; i < 20'000; ++i) placed += std::holds_alternative<place_bet>(m.next()) ? 1 : 0;

    CHECK(placed == Approx(10'000).margin(300));
}

TEST_CASE("schedule: an action is due at its time, not before, however late it is asked", "[bench]") {
    const schedule::clock::time_point start{};
    const schedule per_250ms(start, 4);

    CHECK(per_250ms.due_by(start - 1ns) == 0);
    CHECK(per_250ms.due_by(start) == 1);
    CHECK(per_250ms.due_by(start + 249ms) == 1);
    CHECK(per_250ms.due_by(start + 250ms) == 2);
    CHECK(per_250ms.due_by(start + 10s) == 41);
    CHECK(per_250ms.due_time(0) == start);
    CHECK(per_250ms.due_time(40) == start + 10s);
}

TEST_CASE("schedule: what is due by an action's due time includes that action, at any rate", "[bench]") {
    const schedule::clock::time_point start{};
    for (const double rate : {0.3, 3.0, 7.0, 999.0, 4'999.9}) {
        const schedule s(start, rate);
        for (std::uint64_t action = 0; action < 2'000; ++action)
            REQUIRE(s.due_by(s.due_time(action) + 1ns) >= action + 1);   // 1 ns: of rounding between double and nanoseconds
    }
}

TEST_CASE("latency_histogram: percentiles are right to an eighth", "[bench]") {
    latency_histogram histogram;
    CHECK(histogram.percentile(0.5) == 0us);
    for (int i = 1; i <= 1'000; ++i) histogram.add(std::chrono::microseconds(i));

    CHECK(histogram.total() == 1'000);
    CHECK(histogram.percentile(0) == 1us);
    CHECK(static_cast<double>(histogram.percentile(0.5).count()) == Approx(500).epsilon(0.125));
    CHECK(static_cast<double>(histogram.percentile(0.99).count()) == Approx(990).epsilon(0.125));
    CHECK(histogram.percentile(1) >= 1'000us);
}

TEST_CASE("latency_histogram: takes the smallest and the largest duration", "[bench]") {
    latency_histogram histogram;
    histogram.add(-1us);
    histogram.add(std::chrono::microseconds::max());

    CHECK(histogram.percentile(0.5) == 0us);
    CHECK(histogram.percentile(1) == std::chrono::microseconds::max());
}

TEST_CASE("progress_line: shows part, count, rate and the time that is left", "[bench]") {
    CHECK(progress_line("bets", 250'000, 1'000'000, 2s) ==
          "bets      [#######.......................]  25 %     250 000 of 1 000 000    125 000/s  6 s left");
    CHECK(progress_line("bets", 1'000, 1'000, 500ms) ==
          "bets      [##############################] 100 %       1 000 of 1 000      2 000/s  in 0.5 s");
    CHECK(progress_line("bets", 0, 10, 0s) == "bets      [..............................]   0 %           0 of 10          0/s  in 0.0 s");
}

TEST_CASE("grouped: puts a space between groups of three digits", "[bench]") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'000) == "1 000");
    CHECK(grouped(4'000'000) == "4 000 000");
}
