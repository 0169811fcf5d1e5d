// What find() costs, which is paid by every command of the proxy: no allocation, and time that does not grow with the mappings.
#include "proxy/mappings/mapping_table.hpp"

#include "tests/unit/proxy/mappings/counted_new.hpp"
#include "tests/unit/proxy/mappings/patterns.hpp"
#include "tests/unit/proxy/mappings/processor_time.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <cstdio>
#include <functional>

using namespace respgres;
using namespace respgres::proxy;
using namespace respgres::tests;

namespace {

std::string number(std::size_t n) {
    auto digits = std::to_string(n);
    return std::string(5 - digits.size(), '0') + digits;
}

mapping_table table_of(const std::vector<std::string>& keys) {
    conf::problems found;
    auto table = mapping_table::build(settings_of(keys), found);
    for (const auto& p : found) FAIL(conf::to_string(p));
    return table;
}

std::vector<std::string> many(std::size_t count, const std::function<std::string(std::size_t)>& pattern_of) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(pattern_of(i));
    return out;
}

std::string usual(std::size_t i) {
    return std::string("app").append(number(i % 50)) + ":table" + number(i) + ":{id:int}";
}

double milliseconds_to_build(const std::vector<std::string>& patterns) {
    const auto settings = settings_of(patterns);
    conf::problems found;
    const auto start = processor_seconds();
    const auto table = mapping_table::build(settings, found);
    const auto took = processor_seconds() - start;
    CHECK(found.empty());
    CHECK(table.all().size() == patterns.size());
    return took * 1e3;
}

double nanoseconds_per_find(const mapping_table& table, const std::vector<std::string>& keys) {
    captures out;
    std::size_t found = 0;
    const auto start = processor_seconds();
    constexpr std::size_t rounds = 1'000'000;
    for (std::size_t i = 0, k = 0; i < rounds; ++i, k = k + 1 == keys.size() ? 0 : k + 1) found += table.find(keys[k], out) != nullptr;
    const auto took = processor_seconds() - start;
    CHECK(found <= rounds);
    return took * 1e9 / rounds;
}

}  // namespace

TEST_CASE("mapping_table: find does not allocate once the captures have their capacity", "[mappings]") {
    const auto table = table_of({"a:{x:int}", "a:{x}", "a:{x}:{y}:{z:uuid}", "a:b{x:date}", "a:all", "d:{n:int}"});
    const std::vector<std::string> keys{"a:1",           "a:x",   "a:x:y:z", "a:x:y:11111111-1111-1111-1111-111111111111",
                                        "a:b2026-01-01", "a:bzz", "a:all",   "d:x",
                                        "d:1",           "none",  "",        "a:"};
    captures out;
    out.values.reserve(3);
    const auto before = allocations();

    std::size_t found = 0;
    for (const auto& key : keys) found += table.find(key, out) != nullptr;

    const auto during = allocations() - before;
    CHECK(during == 0);
    CHECK(found == 9);
    CHECK(before > 0);                           // the counter is at work
}

TEST_CASE("mapping_table: 10 000 mappings are built without comparing each with each", "[mappings]") {
    // Tens of milliseconds in a release build, ten times that with sanitizers; each with each would be fifty million comparisons.
    CHECK(milliseconds_to_build(many(10'000, usual)) < 5'000);
    CHECK(milliseconds_to_build(many(3'000, [](std::size_t i) { return "user:{id:int}:field" + number(i) + ":{n:int}"; })) < 5'000);
    CHECK(milliseconds_to_build(many(2'000, [](std::size_t i) { return "user:{id}:field" + number(i); })) < 5'000);
}

// unit_proxy_mappings "[.speed]" prints nanoseconds a find, and milliseconds a build.
TEST_CASE("mapping_table: what find costs in nanoseconds", "[.speed]") {
    for (const std::size_t count : {std::size_t{10}, std::size_t{1'000}, std::size_t{10'000}}) {
        const auto table = table_of(many(count, usual));
        std::mt19937 random(1);
        std::vector<std::string> hits, near, far;
        for (int i = 0; i < 1'000; ++i) {
            const auto n = below(random, count);
            hits.push_back("app" + number(n % 50) + ":table" + number(n) + ":" + std::to_string(i));
            near.push_back("app" + number(n % 50) + ":tablet" + number(n) + ":" + std::to_string(i));
            far.push_back("other:key:" + std::to_string(i));
        }
        std::printf("%zu mappings: hit %.1f ns, near miss %.1f ns, miss %.1f ns\n", count, nanoseconds_per_find(table, hits),
                    nanoseconds_per_find(table, near), nanoseconds_per_find(table, far));
        CHECK(table.all().size() == count);
    }
    const std::pair<const char*, std::function<std::string(std::size_t)>> builds[] = {
        {"app7:table1:{id:int}", usual},
        {"user:{id}:field1", [](std::size_t i) { return "user:{id}:field" + number(i); }},
        {"user:{id:int}:field1:{n:int}", [](std::size_t i) { return "user:{id:int}:field" + number(i) + ":{n:int}"; }},
        {"user:{id}:field1:{n:int}", [](std::size_t i) { return "user:{id}:field" + number(i) + ":{n:int}"; }},
    };
    for (const auto& [form, pattern_of] : builds)
        std::printf("10 000 of %s: %.0f ms\n", form, milliseconds_to_build(many(10'000, pattern_of)));
}
