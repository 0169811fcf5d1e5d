#include "proxy/mappings/mapping_table.hpp"

#include "tests/unit/proxy/mappings/patterns.hpp"
#include "tests/unit/proxy/mappings/settings.hpp"

#include <algorithm>

using namespace respgres;
using namespace respgres::proxy;
using namespace respgres::tests;

namespace {

std::vector<std::string> build_problems(const conf::settings& settings) {
    conf::problems found;
    mapping_table::build(settings, found);
    std::vector<std::string> out;
    for (const auto& p : found) out.push_back(conf::to_string(p));
    return out;
}

mapping_table table_of(const std::vector<std::string>& keys) {
    conf::problems found;
    auto table = mapping_table::build(settings_of(keys), found);
    for (const auto& p : found) FAIL(conf::to_string(p));
    REQUIRE(table.all().size() == keys.size());
    return table;
}

// The pattern of the mapping that the key belongs to, "" for none; with "!" in front when a capture does not convert.
std::string owner(const mapping_table& table, std::string_view key) {
    captures out;
    const auto* found = table.find(key, out);
    if (!found) return "";
    return (out.invalid ? "!" : "") + found->pattern.text();
}

void check_only_problem(const conf::settings& settings, const std::string& expected) {
    const auto found = build_problems(settings);
    REQUIRE(found.size() == 1);
    CHECK(found.front() == expected);
}

conf::settings one(std::string key, std::string query) {
    conf::settings out;
    out.mappings.push_back(mapping_of("m", std::move(key), std::move(query)));
    return out;
}

}  // namespace

TEST_CASE("mapping_table: an empty table knows no key", "[mappings]") {
    captures out;
    CHECK(mapping_table().find("a", out) == nullptr);
    CHECK(table_of({}).find("", out) == nullptr);
    CHECK(mapping_table().by_name("a") == nullptr);
}

TEST_CASE("mapping_table: a key finds its mapping and the captures", "[mappings]") {
    const auto table = table_of({"active_bets:limit_{limit:int}", "bet_count:{status}", "session:{session_id}", "recent_bets"});
    captures out;

    const auto* found = table.find("active_bets:limit_100", out);

    REQUIRE(found);
    CHECK(found->settings.name == "m0");
    CHECK(found->index == 0);
    CHECK(out.values == std::vector<std::string_view>{"100"});
    CHECK(out.invalid == nullptr);
    CHECK(owner(table, "bet_count:OPEN") == "bet_count:{status}");
    CHECK(owner(table, "recent_bets") == "recent_bets");
    for (const auto* key : {"", "a", "active_bets", "active_bets:limit_", "recent_bets:1", "zzz", "bet_count:"})
        CHECK(owner(table, key).empty());
    CHECK(table.by_name("m2") == table.find("session:1", out));
    CHECK(table.by_name("session") == nullptr);
}

TEST_CASE("mapping_table: a statement has the mapping's name, numbered parameters, and the types of typed captures", "[mappings]") {
    conf::settings settings;
    settings.mappings.push_back(
        mapping_of("bets", "b:{a}:{b:int}:{c:uuid}:{d:date}", "SELECT * FROM t WHERE d = :d AND c = :c AND a = :a AND b > :b AND x = :d;"));
    conf::problems found;
    const auto table = mapping_table::build(settings, found);
    REQUIRE(found.empty());

    const auto& bets = *table.by_name("bets");

    CHECK(bets.statement.name == "respgres_bets");
    CHECK(bets.statement.sql == "SELECT * FROM t WHERE d = $1 AND c = $2 AND a = $3 AND b > $4 AND x = $1");
    CHECK(bets.parameters == std::vector<std::size_t>{3, 2, 0, 1});
    CHECK(bets.statement.parameter_types == std::vector<std::uint32_t>{1082, 2950, 0, 20});   // date, uuid, PostgreSQL's choice, int8
}

TEST_CASE("mapping_table: the most specific pattern owns a key", "[mappings]") {
    const auto table = table_of({"u:{x}", "u:all", "u:{x:int}", "u:{x}:name", "u:ab{x}", "u:{x:uuid}", "u:{x}:{y}"});
    CHECK(owner(table, "u:all") == "u:all");
    CHECK(owner(table, "u:abbe") == "u:ab{x}");
    CHECK(owner(table, "u:7") == "u:{x:int}");
    CHECK(owner(table, "u:b") == "u:{x}");
    CHECK(owner(table, "u:7:name") == "u:{x}:name");
    CHECK(owner(table, "u:a:name") == "u:{x}:name");
    CHECK(owner(table, "u:7:mail") == "u:{x}:{y}");
    CHECK(owner(table, "u:11111111-1111-1111-1111-111111111111") == "u:{x:uuid}");
}

TEST_CASE("mapping_table: when the most specific captures do not convert, a less specific pattern that fits owns the key", "[mappings]") {
    const auto table = table_of({"b:{n:int}", "b:{d:date}:x", "b:x{n:int}", "c:{n:int}", "c:1{n:int}", "d:{n:int}", "d:{n:uuid}",
                                 "e:{n:int}", "e:{s}", "e:1{n:int}"});
    CHECK(owner(table, "b:7") == "b:{n:int}");
    CHECK(owner(table, "b:abc") == "!b:{n:int}");
    CHECK(owner(table, "b:abc:x") == "!b:{d:date}:x");
    CHECK(owner(table, "b:xabc") == "!b:x{n:int}");
    CHECK(owner(table, "c:1x5") == "!c:1{n:int}");
    CHECK(owner(table, "c:15") == "c:1{n:int}");
    CHECK(owner(table, "c:105") == "c:{n:int}");                   // 05 is not canonical, 105 is
    CHECK(owner(table, "d:abc") == "!d:{n:int}");                  // equals: the first in the file
    CHECK(owner(table, "e:abc") == "e:{s}");
    CHECK(owner(table, "e:1abc") == "e:{s}");
    CHECK(owner(table, "e:105") == "e:{n:int}");
    captures out;
    REQUIRE(table.find("c:105", out));
    CHECK(out.values == std::vector<std::string_view>{"105"});
    REQUIRE(table.find("b:xabc", out));
    CHECK(out.values == std::vector<std::string_view>{"abc"});
    CHECK(out.why == "capture 'n' is not an int8");
    REQUIRE(table.find("e:1abc", out));
    CHECK(out.invalid == nullptr);
    CHECK(out.values == std::vector<std::string_view>{"1abc"});
}

TEST_CASE("mapping_table: find agrees with a look at every pattern", "[mappings]") {
    constexpr std::string_view alphabet = "1-a";
    std::mt19937 random(20261122);
    std::size_t keys = 0, owned = 0, invalid = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> texts;
        for (auto n = 1 + below(random, 60); n > 0; --n) texts.push_back(random_pattern(random, alphabet));
        conf::problems ignored;                  // the overlapping ones are left out
        const auto table = mapping_table::build(settings_of(texts), ignored);
        for (int i = 0; i < 300; ++i) {
            const auto key = below(random, 3) == 0 ? random_text(random, alphabet, 0, 10)
                                                   : random_key(random, texts[below(random, texts.size())], alphabet);
            const mapping* best = nullptr;
            bool best_is_valid = false;
            std::vector<std::string_view> best_values;
            captures out;
            for (const auto& m : table.all()) {
                if (!m->pattern.match(key, out)) continue;
                const bool valid = out.invalid == nullptr;
                if (best && (best_is_valid > valid || (best_is_valid == valid && !m->pattern.more_specific_than(best->pattern)))) continue;
                best = m.get();
                best_is_valid = valid;
                best_values = out.values;
            }

            const auto* found = table.find(key, out);

            INFO(key << ": " << (best ? best->pattern.text() : "none") << " / " << (found ? found->pattern.text() : "none"));
            CHECK(found == best);
            if (found && best) {
                CHECK((out.invalid == nullptr) == best_is_valid);
                CHECK(out.values == best_values);
            }
            ++keys;
            owned += best != nullptr;
            invalid += best && !best_is_valid;
        }
    }
    CHECK(keys == 18'000);
    CHECK(owned > 5'000);
    CHECK(invalid > 100);
}

TEST_CASE("mapping_table: no two mappings of a table own a key with equal right", "[mappings]") {
    constexpr std::string_view alphabet = "1-a";
    std::mt19937 random(42);
    for (int round = 0; round < 40; ++round) {
        std::vector<std::string> texts;
        for (int n = 0; n < 60; ++n) texts.push_back(random_pattern(random, alphabet));
        conf::problems ignored;
        const auto table = mapping_table::build(settings_of(texts), ignored);
        for (int i = 0; i < 200; ++i) {
            const auto key = random_key(random, texts[below(random, texts.size())], alphabet);
            std::vector<const key_pattern*> fits;
            captures out;
            for (const auto& m : table.all()) {
                if (m->pattern.match(key, out) && !out.invalid) fits.push_back(&m->pattern);
            }
            for (const auto* a : fits) {
                for (const auto* b : fits) {
                    INFO(key << ": " << a->text() << " and " << b->text());
                    CHECK((a == b || a->more_specific_than(*b) || b->more_specific_than(*a)));
                }
            }
        }
    }
}

TEST_CASE("mapping_table: problems stand at their place and say what to do", "[mappings]") {
    check_only_problem(
        one("a:{limit:int}", "SELECT :limit, :limt"),
        "t.toml:3:25: query of mapping 'm' uses ':limt', which key pattern 'a:{limit:int}' does not capture; did you mean ':limit'?");
    check_only_problem(
        one("a:{limit:int}", "SELECT :limt"),
        "t.toml:3:17: query of mapping 'm' uses ':limt', which key pattern 'a:{limit:int}' does not capture; did you mean ':limit'?");
    check_only_problem(one("a:{limit:int}", "SELECT :limit, :offset"),
                       "t.toml:3:25: query of mapping 'm' uses ':offset', which key pattern 'a:{limit:int}' does not capture");
    check_only_problem(one("a:{x}:{y}", "SELECT :x"),
                       "t.toml:2:14: the query of mapping 'm' does not use capture 'y' of key pattern 'a:{x}:{y}', so keys that differ "
                       "only there would all hold "
                       "the same; use ':y' in the query, or make it plain text");
    check_only_problem(one("a:{x:itn}", "SELECT :x"),
                       "t.toml:2:13: key pattern 'a:{x:itn}' of mapping 'm': capture 'x' has the unknown type 'itn'; the types are int, "
                       "uuid, date and text");
    check_only_problem(one("a", "SELECT 1; SELECT 2"),
                       "t.toml:3:20: query of mapping 'm': text after ';': a mapping has one query, a single statement");
    check_only_problem(one("a", "DELETE FROM t"),
                       "t.toml:3:10: query of mapping 'm': a query begins with SELECT, WITH, VALUES or TABLE, not with 'DELETE'");
    check_only_problem(one("", "SELECT 1"), "t.toml:2:8: key pattern '' of mapping 'm': it is empty");
    check_only_problem(one("a", ""), "t.toml:3:10: query of mapping 'm': the query is empty");
}

TEST_CASE("mapping_table: in a string of several lines, or with escapes, the place is that of the string", "[mappings]") {
    CHECK(build_problems(one("a", "SELECT 1\n, :x")).front().starts_with("t.toml:3:9: "));
    CHECK(build_problems(one("a", "SELECT \"a\", :x")).front().starts_with("t.toml:3:9: "));
    CHECK(build_problems(one("a", "SELECT '\xc3\xa9', :x")).front().starts_with("t.toml:3:22: "));   // a column is a character
}

TEST_CASE("mapping_table: a key or query that the file does not have is the reader's problem", "[mappings]") {
    auto settings = one("", "SELECT 1");
    settings.mappings.front().key.where = {};
    conf::problems found;
    CHECK(mapping_table::build(settings, found).all().empty());
    CHECK(found.empty());
}

TEST_CASE("mapping_table: all problems are reported in the order of the file, behind those that were there", "[mappings]") {
    conf::settings settings;
    settings.mappings = {mapping_of("a", "a:{x}", "SELECT :y, :z", 1), mapping_of("b", "{x}", "DROP TABLE t", 11),
                         mapping_of("c", "c", "SELECT 1", 21), mapping_of("c", "d", "SELECT 1", 31), mapping_of("e", "c", "SELECT 1", 41)};
    conf::problems found(1);
    found.front().where.line = 99;

    const auto table = mapping_table::build(settings, found);

    std::vector<std::uint32_t> lines;
    for (const auto& p : found) lines.push_back(p.where.line);
    CHECK(lines == std::vector<std::uint32_t>{99, 2, 3, 3, 12, 13, 31, 42});
    CHECK(found[6].message == "two mappings have the name 'c', line 21");
    REQUIRE(table.all().size() == 1);
    CHECK(table.all().front()->settings.name == "c");
    CHECK(table.by_name("c")->pattern.text() == "c");
}

TEST_CASE("mapping_table: a mapping's name must fit the name of a prepared statement", "[mappings]") {
    conf::settings settings;
    settings.mappings = {mapping_of(std::string(54, 'n'), "a", "SELECT 1")};
    CHECK(build_problems(settings).empty());
    settings.mappings = {mapping_of(std::string(55, 'n'), "a", "SELECT 1")};
    REQUIRE(build_problems(settings).size() == 1);
    CHECK(build_problems(settings).front().ends_with("is longer than 54 bytes"));
}

TEST_CASE("mapping_table: overlapping patterns of equal rank are a problem at the later one, which is left out", "[mappings]") {
    const auto settings = settings_of({"a:{y}", "b", "a:{x}"});
    check_only_problem(settings,
                       "t.toml:22:7: key pattern 'a:{x}' of mapping 'm2' overlaps that of mapping 'm0' ('a:{y}', line 2): some keys, such "
                       "as 'a:1', match both and "
                       "neither is more specific; change the text of one, or give its captures types (int, uuid, date)");
    conf::problems found;
    const auto table = mapping_table::build(settings, found);
    REQUIRE(table.all().size() == 2);
    CHECK(table.by_name("m2") == nullptr);
    CHECK(table.by_name("m1")->index == 1);
    CHECK(owner(table, "a:1") == "a:{y}");
}

TEST_CASE("mapping_table: overlaps are found among equal and nested prefixes, whichever comes first", "[mappings]") {
    const auto lines = [](const std::vector<std::string>& keys) {
        conf::problems found;
        mapping_table::build(settings_of(keys), found);
        std::vector<std::uint32_t> out;
        for (const auto& p : found) out.push_back(p.where.line);
        return out;
    };
    using list = std::vector<std::uint32_t>;
    CHECK(lines({"a", "a"}) == list{12});
    CHECK(lines({"a:{x}", "a:{x}", "a:{x}"}) == list{12, 22});
    CHECK(lines({"a:{x}:b", "a:b:{x}"}) == list{12});
    CHECK(lines({"a:b:{x}", "a:{x}:b"}) == list{12});
    CHECK(lines({"a:{x}:bc", "a:b:{x}c", "a:{x}b:c"}) == list{12, 22});
    CHECK(lines({"a:{x:int}", "a:{x:int}"}) == list{12});
    CHECK(lines({"a:{x:int}", "a:{x:uuid}", "a:{x:date}", "a:{x}", "a:b{x}", "a:all"}).empty());
    CHECK(lines({"user:{id}:name", "user:{id}:mail", "user:{id}:{x}"}).empty());
    CHECK(lines({"user:{id}:bets:{s}", "user:{id}:wins:{s}"}) == list{12});
    CHECK(lines({"user:{id:int}:bets:{s}", "user:{id:int}:wins:{s}"}).empty());
}

TEST_CASE("mapping_table: an overlap is told although a query is wrong as well", "[mappings]") {
    conf::settings settings;
    settings.mappings.push_back(mapping_of("a", "bets:{x}", "SELECT :x, :missing"));
    settings.mappings.push_back(mapping_of("b", "bets:{z}", "SELECT :z"));
    const auto found = build_problems(settings);
    REQUIRE(found.size() == 2);
    CHECK(found[0].find("key pattern 'bets:{z}' of mapping 'b' overlaps that of mapping 'a'") != std::string::npos);
    CHECK(found[1].find("query of mapping 'a' uses ':missing', which key pattern 'bets:{x}' does not capture") != std::string::npos);
}
