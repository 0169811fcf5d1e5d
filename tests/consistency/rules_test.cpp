#include "tests/consistency/rules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace respgres::tests::consistency {

using std::chrono::milliseconds;

namespace {

constexpr cell row = 0;

moment at(int milliseconds_in) {
    return moment{} + std::chrono::hours(1) + milliseconds(milliseconds_in);
}

write committed(version number, int begin, int acknowledged) {
    return {row, number, at(begin), at(acknowledged), true, false};
}

write deleted(version number, int begin, int acknowledged) {
    return {row, number, at(begin), at(acknowledged), true, true};
}

write rolled_back(version number, int begin, int end) {
    return {row, number, at(begin), at(end), false, false};
}

read seen(std::optional<version> number, int start, int end) {
    return {row, number, at(start), at(end), 0, 0};
}

// Version 1 is there from the start.
rule_checker checker_of(std::initializer_list<write> writes, rule_checker::settings settings = {}) {
    rule_checker checker(settings, 2);
    checker.add(committed(1, 0, 0));
    for (const write& w : writes) checker.add(w);
    return checker;
}

const verdict& judged(rule_checker& checker, std::initializer_list<read> reads) {
    for (const read& r : reads) checker.add(r);
    checker.judge_until(at(1'000'000));
    return checker.result();
}

}  // namespace

TEST_CASE("R1: a read that begins after an invalidation must not be older than it", "[consistency]") {
    auto checker = checker_of({committed(2, 10, 12)});
    checker.add(invalidation{row, 2, at(15)});

    SECTION("good: old before the acknowledgement, new after it") {
        CHECK(judged(checker, {seen(1, 14, 30), seen(2, 15, 16), seen(2, 11, 12)}).violations() == 0);
    }
    SECTION("bad: old after it") {
        const verdict& found = judged(checker, {seen(1, 15, 16)});

        CHECK(found.of(rule::invalidated) == 1);
        CHECK(found.violations() == 1);
        REQUIRE(found.first.size() == 1);
        CHECK(found.first[0].expected == version{2});
        CHECK(found.first[0].since == at(15));
    }
    SECTION("another cell's reads have nothing to do with it") {
        write other = committed(1, 0, 0);
        other.where = 1;
        checker.add(other);
        read r = seen(1, 20, 21);
        r.where = 1;

        CHECK(judged(checker, {r}).violations() == 0);
    }
}

TEST_CASE("R1: invalidations that are told out of order count by their newest version", "[consistency]") {
    auto checker = checker_of({committed(2, 10, 12), committed(3, 13, 14), committed(4, 40, 41)});
    checker.add(invalidation{row, 2, at(30)});
    checker.add(invalidation{row, 4, at(60)});
    checker.add(invalidation{row, 3, at(20)});

    CHECK(judged(checker, {seen(2, 19, 19), seen(3, 20, 21), seen(3, 31, 32), seen(4, 60, 61)}).violations() == 0);
    CHECK(judged(checker, {seen(2, 31, 32), seen(3, 60, 61)}).of(rule::invalidated) == 2);
}

TEST_CASE("R1: is not asked for where Redis may lose what it acknowledged", "[consistency]") {
    rule_checker::settings settings;
    settings.invalidations_hold = false;
    auto checker = checker_of({committed(2, 10, 12)}, settings);
    checker.add(invalidation{row, 2, at(15)});

    CHECK(judged(checker, {seen(1, 16, 17)}).violations() == 0);
}

TEST_CASE("R2: a read that begins the bound after an acknowledgement has that version", "[consistency]") {
    rule_checker::settings settings;
    settings.bound = milliseconds(100);
    auto checker = checker_of({committed(2, 10, 12), committed(3, 50, 60)}, settings);

    SECTION("good: within the bound anything goes") {
        CHECK(judged(checker, {seen(1, 111, 111), seen(2, 112, 112), seen(2, 159, 400), seen(3, 160, 160)}).violations() == 0);
    }
    SECTION("bad: past the bound") {
        const verdict& found = judged(checker, {seen(1, 112, 113), seen(2, 160, 161), seen(1, 160, 161)});

        CHECK(found.of(rule::bound) == 3);
        CHECK(found.violations() == 3);
        REQUIRE(found.first.size() == 3);
        CHECK(std::count_if(found.first.begin(), found.first.end(), [](const violation& v) { return v.expected == version{3}; }) == 2);
    }
}

TEST_CASE("R2: the worst age is that of the first version which a read lacks", "[consistency]") {
    auto checker = checker_of({committed(2, 10, 12), committed(3, 50, 60), committed(4, 70, 80)});

    const verdict& found = judged(checker, {seen(3, 90, 91), seen(1, 100, 101), seen(2, 105, 106)});

    CHECK(found.worst_age == milliseconds(88));   // version 1 at 100: version 2 had been there since 12
    CHECK(found.oldest.seen == version{1});
    CHECK(found.violations() == 0);
}

TEST_CASE("R3: once nobody writes, a key is what PostgreSQL holds", "[consistency]") {
    auto checker = checker_of({committed(2, 10, 12)});

    SECTION("good") {
        checker.settled(seen(2, 100, 101), version{2});
        checker.settled(seen(std::nullopt, 100, 101), std::nullopt);
        CHECK(checker.result().violations() == 0);
    }
    SECTION("bad: an old version, a row that is gone, a row that is missing") {
        checker.settled(seen(1, 100, 101), version{2});
        checker.settled(seen(2, 100, 101), std::nullopt);
        checker.settled(seen(std::nullopt, 100, 101), version{2});
        CHECK(checker.result().of(rule::quiet) == 3);
    }
}

TEST_CASE("R4: nothing is read that was rolled back, was never written or had not begun", "[consistency]") {
    auto checker = checker_of({rolled_back(2, 10, 20), committed(3, 30, 40)});

    SECTION("good: an open transaction's version may be seen, for its commit comes before the acknowledgement") {
        CHECK(judged(checker, {seen(1, 15, 16), seen(3, 35, 36), seen(3, 25, 31)}).violations() == 0);
    }
    SECTION("bad") {
        const verdict& found = judged(checker, {seen(2, 15, 16), seen(3, 28, 29), seen(9, 50, 51)});

        CHECK(found.of(rule::committed) == 3);
        REQUIRE(found.first.size() == 3);
        const auto told = [&found](const char* detail) {
            return std::any_of(found.first.begin(), found.first.end(), [detail](const violation& v) { return v.detail == detail; });
        };
        CHECK(told("it was rolled back"));
        CHECK(told("it had not yet begun"));
        CHECK(told("no such version"));
    }
}

TEST_CASE("R4 and R2: a row that is not there counts as its newest version without it", "[consistency]") {
    auto checker = checker_of({deleted(2, 10, 12), committed(3, 2'000, 2'010), deleted(4, 4'000, 4'010)});

    SECTION("good") {
        const verdict& found = judged(checker, {seen(std::nullopt, 11, 11), seen(std::nullopt, 1'999, 1'999),
                                                seen(std::nullopt, 2'300, 2'301), seen(std::nullopt, 5'000, 5'001)});
        CHECK(found.violations() == 0);
    }
    SECTION("bad: gone before its deletion began") {
        CHECK(judged(checker, {seen(std::nullopt, 5, 6)}).of(rule::committed) == 1);
    }
    SECTION("bad: still gone long after it came back") {
        CHECK(judged(checker, {seen(std::nullopt, 3'000, 3'001)}).of(rule::bound) == 1);
    }
    SECTION("bad: still there long after it went, and a version that never was there") {
        CHECK(judged(checker, {seen(1, 1'000, 1'001)}).of(rule::bound) == 1);
        CHECK(judged(checker, {seen(2, 1'000, 1'001)}).of(rule::committed) == 1);
    }
}

TEST_CASE("R5: a read after PROXY AFTER has that transaction", "[consistency]") {
    auto checker = checker_of({committed(2, 10, 12)});
    read after = seen(2, 13, 14);
    after.at_least = 2;

    SECTION("good") {
        CHECK(judged(checker, {after}).violations() == 0);
    }
    SECTION("bad, although it is within the bound") {
        after.seen = 1;
        const verdict& found = judged(checker, {after});
        CHECK(found.of(rule::after) == 1);
        CHECK(found.violations() == 1);
    }
}

TEST_CASE("R9: an answer that a proxy counts as stale breaks the rule", "[consistency]") {
    rule_checker checker({}, 1);

    checker.stale_served(0, 0);
    CHECK(checker.result().violations() == 0);

    checker.stale_served(1, 7);
    CHECK(checker.result().of(rule::stale_served) == 1);
    REQUIRE(checker.result().first.size() == 1);
    CHECK(checker.result().first[0].what.proxy == 1);
}

TEST_CASE("the checker judges a read when the horizon has passed its end, and forgets it", "[consistency]") {
    auto checker = checker_of({});
    checker.add(seen(2, 20, 22));
    checker.judge_until(at(21));
    CHECK(checker.waiting() == 1);
    CHECK(checker.result().reads == 0);

    // Told only now, as by a writer whose transaction was open.
    checker.add(committed(2, 10, 23));
    checker.judge_until(at(30));

    CHECK(checker.waiting() == 0);
    CHECK(checker.result().reads == 1);
    CHECK(checker.result().violations() == 0);
}

TEST_CASE("the checker tells the first violations of each rule in full, and counts all", "[consistency]") {
    rule_checker::settings settings;
    settings.kept_of_each = 2;
    auto checker = checker_of({}, settings);

    for (int i = 0; i < 10; ++i) checker.add(seen(99, i, i));
    checker.judge_until(at(100));

    CHECK(checker.result().of(rule::committed) == 10);
    CHECK(checker.result().first.size() == 2);
}

TEST_CASE("a setback: reads that it concerns may be older by so much, and no others", "[consistency]") {
    auto checker = checker_of({committed(2, 990, 1'000), committed(3, 3'000, 3'000)});
    checker.allow({{at(1'400), at(2'000), milliseconds(200)}});

    CHECK(judged(checker, {seen(1, 1'650, 1'651)}).violations() == 0);
    CHECK(judged(checker, {seen(1, 1'390, 1'400)}).violations() == 0);
    CHECK(checker.result().worst_age == milliseconds(0));
    CHECK(checker.result().worst_after_setback == milliseconds(650));
    read after = seen(1, 1'650, 1'651);
    after.at_least = 2;
    CHECK(judged(checker, {after}).violations() == 0);
    SECTION("not more") {
        CHECK(judged(checker, {seen(1, 1'701, 1'702)}).of(rule::bound) == 1);
    }
    SECTION("not later") {
        CHECK(judged(checker, {seen(1, 2'001, 2'002)}).of(rule::bound) == 1);
    }
}

}  // namespace respgres::tests::consistency
