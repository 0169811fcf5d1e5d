#include "proxy/leader/drop_coalescer.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>
#include <vector>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;
using change_stream::lsn;
using time_point = drop_coalescer::time_point;

namespace {

const auto t0 = time_point(1'000s);

std::vector<std::size_t> released(drop_coalescer& of, time_point now) {
    std::vector<std::size_t> all;
    of.release(now, [&all](std::size_t mapping) { all.push_back(mapping); });
    return all;
}

}  // namespace

TEST_CASE("drop_coalescer: the first change drops at once, those within the window are one drop at its end", "[leader]") {
    drop_coalescer drops({300ms});
    CHECK(drops.take(0, lsn{10}, t0, t0));
    CHECK_FALSE(drops.take(0, lsn{20}, t0 + 1ms, t0 + 1ms));
    CHECK_FALSE(drops.take(0, lsn{30}, t0 + 200ms, t0 + 200ms));
    CHECK(drops.due() == t0 + 300ms);
    CHECK(drops.oldest() == lsn{20});
    CHECK(released(drops, t0 + 299ms).empty());
    CHECK(released(drops, t0 + 300ms) == std::vector<std::size_t>{0});
    CHECK_FALSE(drops.due());
    CHECK_FALSE(drops.oldest());

    // That drop has opened a window of its own.
    CHECK_FALSE(drops.take(0, lsn{40}, t0 + 301ms, t0 + 301ms));
    CHECK(released(drops, t0 + 600ms) == std::vector<std::size_t>{0});
    CHECK(drops.take(0, lsn{50}, t0 + 900ms, t0 + 900ms));
}

TEST_CASE("drop_coalescer: a mapping without a window drops at once, always, and each has its own", "[leader]") {
    drop_coalescer drops({0ms, 300ms, 300ms});
    CHECK(drops.take(0, lsn{10}, t0, t0));
    CHECK(drops.take(0, lsn{11}, t0 + 1ms, t0 + 1ms));
    CHECK(drops.take(7, lsn{12}, t0 + 1ms, t0 + 1ms));
    CHECK(drops.take(1, lsn{20}, t0 + 2ms, t0 + 2ms));
    CHECK(drops.take(2, lsn{30}, t0 + 3ms, t0 + 3ms));
    CHECK_FALSE(drops.take(2, lsn{40}, t0 + 4ms, t0 + 4ms));
    CHECK_FALSE(drops.take(1, lsn{50}, t0 + 5ms, t0 + 5ms));
    CHECK(drops.oldest() == lsn{40});
    CHECK(drops.due() == t0 + 302ms);
    CHECK(released(drops, t0 + 302ms) == std::vector<std::size_t>{1});
    CHECK(drops.oldest() == lsn{40});
}

TEST_CASE("drop_coalescer: what is taken together with the change that drops needs no other drop", "[leader]") {
    drop_coalescer drops({300ms});
    CHECK(drops.take(0, lsn{10}, t0, t0));
    CHECK(drops.take(0, lsn{11}, t0, t0));
    CHECK_FALSE(drops.oldest());
}

// A leader that takes over, or a stream that stood still, tells of changes late: they have waited already.
TEST_CASE("drop_coalescer: a change that may be old waits for what is left of the window, or not at all", "[leader]") {
    drop_coalescer drops({300ms});
    CHECK(drops.take(0, lsn{10}, t0, t0));
    CHECK_FALSE(drops.take(0, lsn{20}, t0 + 10ms, t0 - 100ms));
    CHECK(drops.due() == t0 + 200ms);
    CHECK(drops.take(0, lsn{30}, t0 + 20ms, t0 - 280ms));
    CHECK_FALSE(drops.oldest());   // that drop is behind the change before, too
    CHECK(drops.take(0, lsn{40}, t0 + 30ms, std::nullopt));
}

TEST_CASE("drop_coalescer: commits come in any order, and the oldest counts", "[leader]") {
    drop_coalescer drops({300ms});
    CHECK(drops.take(0, lsn{50}, t0, t0));
    CHECK_FALSE(drops.take(0, lsn{70}, t0 + 1ms, t0));
    CHECK_FALSE(drops.take(0, lsn{60}, t0 + 2ms, t0));
    CHECK(drops.oldest() == lsn{60});
}

TEST_CASE("drop_coalescer: a stream that begins anew owes nothing, and its first change drops at once", "[leader]") {
    drop_coalescer drops({300ms});
    CHECK(drops.take(0, lsn{10}, t0, t0));
    CHECK_FALSE(drops.take(0, lsn{20}, t0 + 1ms, t0));
    drops.restart();
    CHECK_FALSE(drops.due());
    CHECK_FALSE(drops.oldest());
    CHECK(drops.take(0, lsn{20}, t0 + 2ms, t0));
}

namespace {

// What is promised, kept as plain lists: every change, and every drop.
struct plain_model {
    struct change {
        std::size_t mapping;
        lsn commit;
        time_point since;
    };
    static constexpr std::size_t mappings = 3;

    std::vector<change> undropped;
    std::vector<time_point> drops[mappings];

    // A drop, which comes behind all that has been taken of the mapping; each of these in time.
    void drop(std::size_t mapping, time_point now, std::chrono::milliseconds window, std::chrono::milliseconds step) {
        std::erase_if(undropped, [&](const change& each) {
            if (each.mapping != mapping) return false;
            CHECK(now <= std::max(each.since + window, each.since) + step);
            return true;
        });
        drops[mapping].push_back(now);
    }

    std::optional<lsn> oldest() const {
        std::optional<lsn> found;
        for (const auto& each : undropped) found = std::min(found.value_or(each.commit), each.commit);
        return found;
    }
};

}  // namespace

TEST_CASE("drop_coalescer: at random, no change is forgotten or late, and drops are a window apart", "[leader]") {
    const std::vector<std::chrono::milliseconds> windows{0ms, 50ms, 300ms};
    const auto step = 5ms;   // between two looks; a change was acknowledged at most a step before it is taken
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        std::mt19937 chance(seed);
        drop_coalescer drops(windows);
        plain_model model;
        std::uint64_t commit = 100;
        for (auto now = t0; now < t0 + 5s; now += step) {
            for (auto changes = chance() % 3; changes > 0; --changes) {
                const std::size_t mapping = chance() % plain_model::mappings;
                const auto since = now - std::chrono::milliseconds(chance() % 6);
                const lsn at{commit += chance() % 5};
                model.undropped.push_back({mapping, at, since});
                if (drops.take(mapping, at, now, since)) model.drop(mapping, now, windows[mapping], step);
            }
            for (const auto mapping : released(drops, now + 1ms)) model.drop(mapping, now + 1ms, windows[mapping], step);
            REQUIRE(drops.oldest() == model.oldest());
        }
        // Two drops are a window apart, but for how long ago a change may have been acknowledged.
        for (std::size_t mapping = 1; mapping < plain_model::mappings; ++mapping) {
            std::vector<time_point>& all = model.drops[mapping];
            all.erase(std::unique(all.begin(), all.end()), all.end());
            CHECK(all.size() > 5);
            for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i] - all[i - 1] >= windows[mapping] - 6ms);
        }
    }
}
