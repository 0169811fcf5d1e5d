#include "proxy/metrics/metric_rows.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>

namespace respgres::proxy {

namespace {

// Rows are right if each reads a number of its own, and there are as many as the struct has numbers.
template <class Stats, class Rows>
void check_rows(const Rows& rows, std::size_t numbers_without_row, std::size_t other_bytes = 0) {
    static_assert(sizeof(backends::counter) == sizeof(backends::gauge));
    CHECK(rows.size() + numbers_without_row == (sizeof(Stats) - other_bytes) / sizeof(backends::counter));
    std::set<std::string_view> names;
    Stats stats;
    std::int64_t next = 1;
    for (const auto& row : rows) {
        INFO(row.name);
        CHECK((row.count != nullptr) != (row.level != nullptr));
        CHECK(row.read(stats) == 0);
        if (row.is_counter())
            (stats.*row.count).add(static_cast<std::uint64_t>(next));
        else
            (stats.*row.level).add(next);
        CHECK(row.read(stats) == next++);
        CHECK(names.insert(row.name).second);
        CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK_FALSE(row.name.ends_with("_total"));   // Prometheus' serialiser adds it
        CHECK(row.help.size() > 10);
    }
}

}  // namespace

TEST_CASE("metric_rows: every counter and gauge has its row, and no two rows read the same one", "[proxy]") {
    check_rows<front_stats>(front_rows, 1);   // buffer_bytes is told as memory, not as a command
    check_rows<redis::link_stats>(redis_rows, 0);
    check_rows<near_stats>(near_rows, 0);
    check_rows<postgres::pool_stats>(postgres_rows, 0);
    check_rows<rule_stats>(rule_rows, 0);
    check_rows<mapping_stats>(mapping_rows, 0, sizeof(latency_histogram));
}

}  // namespace respgres::proxy
