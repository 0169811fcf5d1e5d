#include "proxy/fills/fill_policy.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace respgres::proxy {

namespace {

using namespace std::chrono_literals;

conf::mapping_settings settings(std::chrono::milliseconds ttl, double jitter = 0.1) {
    conf::mapping_settings made;
    made.ttl.value = ttl;
    made.ttl_jitter = jitter;
    return made;
}

}  // namespace

TEST_CASE("fill_policy: the TTL is shortened by at most the jitter, never lengthened, and spread over the whole range", "[proxy]") {
    constexpr int keys = 20'000;
    constexpr int parts = 10;
    const auto mapping = settings(100'000ms, 0.2);
    std::array<int, parts> spread{};
    for (int i = 0; i < keys; ++i) {
        const auto ttl = ttl_of(mapping, "bet:" + std::to_string(i));
        REQUIRE(ttl > 80'000ms - 1ms);
        REQUIRE(ttl <= 100'000ms);
        ++spread[static_cast<std::size_t>(std::min<std::int64_t>(parts - 1, (100'000 - ttl.count()) * parts / 20'000))];
    }
    // Uniform: 2000 each, standard deviation about 42.
    for (const int count : spread) {
        CHECK(count > 1750);
        CHECK(count < 2250);
    }
}

TEST_CASE("fill_policy: a key's TTL is the same each time it is asked for", "[proxy]") {
    const auto mapping = settings(5'000ms);
    for (const char* key : {"", "a", "active_bets:limit_100", "k\xff\x80"})
        CHECK(ttl_of(mapping, key) == ttl_of(mapping, std::string(key)));
}

TEST_CASE("fill_policy: the hash is the same in every build: FNV-1a, folded", "[proxy]") {
    // FNV-1a of "a" is af63dc4c8601ec8c (the reference vectors of its authors); folded 8601ec8c ^ af63dc4c in the low half.
    const std::uint64_t fnv = 0xaf63dc4c8601ec8cu;
    const std::uint64_t folded = fnv ^ (fnv >> 32);
    const double part = static_cast<double>(folded % 10'000) / 10'000.0;
    CHECK(ttl_of(settings(1'000'000ms, 0.5), "a").count() == static_cast<std::int64_t>(1e6 * (1.0 - 0.5 * part)));
}

TEST_CASE("fill_policy: no jitter, and keys whose primary is Redis, get the TTL that was promised", "[proxy]") {
    auto session = settings(3'600'000ms, 0.5);
    session.primary.value = conf::primary_source::redis;
    for (int i = 0; i < 100; ++i) {
        const std::string key = "k" + std::to_string(i);
        CHECK(ttl_of(settings(5'000ms, 0), key) == 5'000ms);
        CHECK(ttl_of(session, key) == 3'600'000ms);
    }
}

TEST_CASE("fill_policy: a TTL is never 0, which Redis refuses", "[proxy]") {
    for (int i = 0; i < 100; ++i) CHECK(ttl_of(settings(1ms, 1.0), "k" + std::to_string(i)) >= 1ms);
}

TEST_CASE("fill_policy: the expiry in Redis holds the stale window too", "[proxy]") {
    auto mapping = settings(5'000ms, 0);
    mapping.stale_while_revalidate = 30s;
    CHECK(expiry_of(mapping, "k") == 35'000ms);
}

TEST_CASE("fill_policy: a hit is stale within the stale window and fresh before it", "[proxy]") {
    auto mapping = settings(5'000ms);
    mapping.stale_while_revalidate = 1'000ms;
    CHECK(judge(mapping, 6'000ms, 0ns, 0.5) == freshness::fresh);
    CHECK(judge(mapping, 1'001ms, 0ns, 0.5) == freshness::fresh);
    CHECK(judge(mapping, 1'000ms, 0ns, 0.5) == freshness::stale);
    CHECK(judge(mapping, 1ms, 0ns, 0.5) == freshness::stale);
    CHECK(judge(mapping, 0ms, 0ns, 0.5) == freshness::stale);
}

TEST_CASE("fill_policy: without refresh_ahead and a stale window a hit is fresh to its end, and its TTL need not be asked", "[proxy]") {
    const auto mapping = settings(5'000ms);
    CHECK(judge(mapping, 1ms, 10s, 1e-12) == freshness::fresh);
    CHECK_FALSE(needs_ttl(mapping));
    auto ahead = mapping;
    ahead.refresh_ahead = 1;
    CHECK(needs_ttl(ahead));
    auto stale = mapping;
    stale.stale_while_revalidate = 1ms;
    CHECK(needs_ttl(stale));
    ahead.primary.value = conf::primary_source::redis;
    CHECK_FALSE(needs_ttl(ahead));
}

TEST_CASE("fill_policy: XFetch refreshes with probability exp(-t / (beta cost)), t before the TTL's end", "[proxy]") {
    // The random number is a parameter: over an even grid of (0, 1] the part that refreshes is the probability, up to one grid step.
    constexpr int samples = 100'000;
    struct row {
        double beta;
        std::chrono::milliseconds cost;
        std::chrono::milliseconds until;
        std::chrono::milliseconds window;
    };
    constexpr std::array rows{
        row{1, 100ms, 50ms, 0ms},  row{1, 100ms, 100ms, 0ms},      row{1, 100ms, 300ms, 0ms}, row{2, 100ms, 300ms, 0ms},
        row{0.5, 20ms, 10ms, 0ms}, row{1, 100ms, 100ms, 60'000ms}, row{3, 1ms, 1ms, 0ms},     row{1, 100ms, 5'000ms, 0ms},
    };
    for (const row& given : rows) {
        auto mapping = settings(60'000ms);
        mapping.refresh_ahead = given.beta;
        mapping.stale_while_revalidate = given.window;
        int refreshed = 0;
        for (int i = 1; i <= samples; ++i)
            refreshed +=
                judge(mapping, given.until + given.window, given.cost, static_cast<double>(i) / samples) == freshness::refresh_ahead ? 1
                                                                                                                                     : 0;
        const double expected =
            std::exp(-static_cast<double>(given.until.count()) / (given.beta * static_cast<double>(given.cost.count())));
        INFO(given.beta << " " << given.cost.count() << " " << given.until.count());
        CHECK(std::abs(static_cast<double>(refreshed) / samples - expected) < 2.0 / samples);
    }
}

TEST_CASE("fill_policy: the ends of the random range are safe, and an unknown cost refreshes nothing ahead", "[proxy]") {
    auto mapping = settings(5'000ms);
    mapping.refresh_ahead = 1;
    CHECK(judge(mapping, 5'000ms, 100ms, 1.0) == freshness::fresh);
    CHECK(judge(mapping, 5'000ms, 100ms, 0.0) == freshness::refresh_ahead);   // ln 0 is not asked for
    CHECK(judge(mapping, 1ms, 0ns, std::numeric_limits<double>::min()) == freshness::fresh);
    CHECK(judge(mapping, 0ms, 0ns, 1.0) == freshness::refresh_ahead);
}

}  // namespace respgres::proxy
