#include "backends/change_stream/snapshot.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <string>

using respgres::change_stream::snapshot;

namespace {

constexpr std::uint64_t half_of_all = std::uint64_t{1} << 31;

snapshot parsed(const std::string& text) {
    const auto made = snapshot::parse(text);
    if (!made) throw std::runtime_error("no snapshot: " + text);
    return *made;
}

}  // namespace

TEST_CASE("snapshot: sees what had ended before it, and nothing that ran or came later", "[change_stream]") {
    const snapshot s = parsed("10:20:10,14,15");

    for (const std::uint64_t xid : {1U, 9U, 11U, 13U, 16U, 19U}) CHECK(s.sees(xid));
    for (const std::uint64_t xid : {10U, 14U, 15U, 20U, 21U}) CHECK(!s.sees(xid));
    CHECK(s.xmin() == 10);
    CHECK(s.xmax() == 20);
    CHECK(s.running().size() == 3);
}

TEST_CASE("snapshot: of an idle server sees all before it", "[change_stream]") {
    const snapshot s = parsed("18446744073709551000:18446744073709551000:");

    CHECK(s.sees(18446744073709550999U));
    CHECK(!s.sees(18446744073709551000U));
    CHECK(s.running().empty());
}

TEST_CASE("snapshot: texts that PostgreSQL would not take are not read", "[change_stream]") {
    for (const char* text :
         {"", "10", "10:20", "10:20:,", "10:20:14,", "10:20:,14", "20:10:", "0:10:", "10:20:9", "10:20:20", "10:20:15,14", "10:20:14,14",
          "10:20:14 ", " 10:20:", "-1:20:", "10:20:a", "10:20:14:15", "99999999999999999999:99999999999999999999:"}) {
        INFO(text);
        CHECK(!snapshot::parse(text));
    }
}

TEST_CASE("snapshot: agrees with a set of what has ended", "[change_stream]") {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        const std::uint64_t xmin = 3 + random();
        const std::uint64_t xmax = xmin + random() % 40;
        std::set<std::uint64_t> running;
        std::string list;
        for (std::uint64_t xid = xmin; xid < xmax; ++xid)
            if (random() % 3 == 0) {
                running.insert(xid);
                list += (list.empty() ? "" : ",") + std::to_string(xid);
            }

        const snapshot s = parsed(std::to_string(xmin) + ":" + std::to_string(xmax) + ":" + list);

        for (std::uint64_t xid = xmin - 3; xid < xmax + 3; ++xid) REQUIRE(s.sees(xid) == (xid < xmax && !running.contains(xid)));
    }
}

TEST_CASE("snapshot: a 32-bit id is widened across the wrap of ids, in both directions", "[change_stream]") {
    CHECK(parsed("4294967300:4294967300:").widen(4294967290U) == 4294967290U);       // before the wrap
    CHECK(parsed("4294967300:4294967300:").widen(5) == 4294967301U);                 // behind it
    CHECK(parsed("4294967290:4294967290:").widen(5) == 4294967301U);                 // yet to come
    CHECK(parsed("8589934600:8589934600:").widen(4294967290U) == 8589934586U);       // the second wrap
    CHECK(!parsed("4294967300:4294967300:").sees(parsed("4294967300:4294967300:").widen(5)));
}

TEST_CASE("snapshot: every id within 2^31 of it is widened to itself", "[change_stream]") {
    std::mt19937_64 random(3);
    for (int round = 0; round < 10'000; ++round) {
        const std::uint64_t xmax = half_of_all + random() % (std::uint64_t{1} << (33 + round % 28));
        const std::uint64_t xid = xmax - half_of_all + random() % (2 * half_of_all);
        const snapshot s = parsed(std::to_string(xmax) + ":" + std::to_string(xmax) + ":");
        REQUIRE(s.widen(static_cast<std::uint32_t>(xid)) == xid);
    }
}

TEST_CASE("snapshot: before the first wrap no id is taken for one below 0", "[change_stream]") {
    const snapshot s = parsed("100:100:");

    CHECK(s.widen(4294967290U) == 4294967290U);
    CHECK(!s.sees(s.widen(4294967290U)));
    CHECK(s.widen(3) == 3);
}
