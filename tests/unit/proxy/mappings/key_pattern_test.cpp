#include "proxy/mappings/key_pattern.hpp"

#include "tests/unit/proxy/mappings/patterns.hpp"
#include "tests/unit/proxy/mappings/processor_time.hpp"

#include <ostream>

using namespace respgres::proxy;
using respgres::tests::pattern;

namespace {

using values = std::vector<std::string_view>;

struct outcome {
    bool matches = false;
    values taken = {};
    std::string why = {};                        // of the invalid capture

    bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& o) {
    out << (o.matches ? "match" : "no match");
    for (const auto v : o.taken) out << " [" << v << "]";
    return out << " " << o.why;
}

outcome match(std::string_view pattern_text, std::string_view key) {
    const auto p = pattern(pattern_text);
    captures out;
    if (!p.match(key, out)) return {};
    return {true, out.values, std::string(out.why)};
}

outcome taken(values v) {
    return {true, std::move(v), ""};
}
outcome invalid(values v, std::string why) {
    return {true, std::move(v), std::move(why)};
}
const outcome no_match{};

bool is_valid(std::string_view type, std::string_view value) {
    const auto p = pattern("k:{v:" + std::string(type) + "}");
    const auto key = "k:" + std::string(value);
    captures out;
    REQUIRE(p.match(key, out));
    REQUIRE(out.values == values{value});
    REQUIRE((out.invalid == nullptr) == out.why.empty());
    return out.invalid == nullptr;
}

struct wrong {
    std::size_t offset;
    std::string message;
};

wrong problem_of(std::string_view text) {
    const auto parsed = key_pattern::parse(text);
    const auto* found = std::get_if<key_pattern::problem>(&parsed);
    if (!found) FAIL(std::string(text) + " was taken");
    return {found->offset, found->message};
}

}  // namespace

TEST_CASE("key_pattern: a pattern without captures is one key", "[mappings]") {
    CHECK(match("recent_bets", "recent_bets") == taken({}));
    CHECK(match("recent_bets", "recent_bet") == no_match);
    CHECK(match("recent_bets", "recent_bets2") == no_match);
    CHECK(match("recent_bets", "") == no_match);
}

TEST_CASE("key_pattern: a capture that ends the pattern takes the rest of the key, at least one byte", "[mappings]") {
    CHECK(match("session:{id}", "session:abc") == taken({"abc"}));
    CHECK(match("session:{id}", "session:a:b c\n") == taken({"a:b c\n"}));
    CHECK(match("session:{id}", "session:") == no_match);
    CHECK(match("session:{id}", "session") == no_match);
    CHECK(match("session:{id}", "Session:a") == no_match);
}

TEST_CASE("key_pattern: a capture in the middle ends at the first occurrence of the text behind it", "[mappings]") {
    CHECK(match("u:{id}:name", "u:7:name") == taken({"7"}));
    CHECK(match("u:{id}:name", "u:a:b:name") == taken({"a:b"}));
    CHECK(match("u:{id}:name", "u::name") == no_match);
    CHECK(match("u:{id}:name", "u:::name") == taken({":"}));
    CHECK(match("u:{id}:name", "u:7:name:name") == no_match);
    CHECK(match("u:{id}:name", "u:7:nam") == no_match);
    CHECK(match("u:{a}:{b}", "u:1:2:3") == taken({"1", "2:3"}));
    CHECK(match("u:{a}:{b}:{c}", "u:1:2:3:4") == taken({"1", "2", "3:4"}));
    CHECK(match("u:{a}:{b}", "u:1:") == no_match);
    CHECK(match("u:{a}:{b}", "u:::x") == taken({":", "x"}));
    CHECK(match("u:{a}ab{b}", "u:xaab1") == taken({"xa", "1"}));
}

TEST_CASE("key_pattern: a complete date or uuid ends where it is complete, dashes behind it or not", "[mappings]") {
    CHECK(match("s:{day:date}-{n:int}", "s:2026-01-02-5") == taken({"2026-01-02", "5"}));
    CHECK(match("s:{id:uuid}-{n:int}", "s:123e4567-e89b-12d3-a456-426614174000--5") ==
          taken({"123e4567-e89b-12d3-a456-426614174000", "-5"}));
    CHECK(match("s:{day:date}:{n:int}", "s:2026-01-02:5") == taken({"2026-01-02", "5"}));
    CHECK(match("s:{day:date}:{n:int}", "s:2026-02-30:5") == invalid({"2026-02-30", "5"}, "capture 'day' is not a date (YYYY-MM-DD)"));
    CHECK(match("s:{day:date}-x", "s:today-x") == invalid({"today"}, "capture 'day' is not a date (YYYY-MM-DD)"));
}

TEST_CASE("key_pattern: doubled braces stand for themselves, as the hash tags of a cluster need them", "[mappings]") {
    CHECK(match("u:{{{id:int}}}:x", "u:{12}:x") == taken({"12"}));
    CHECK(match("a{{b}}", "a{b}") == taken({}));
    CHECK(match("a{{b}}{c}", "a{b}d") == taken({"d"}));
    CHECK(pattern("a{{b}}{c}").prefix() == "a{b}");
    CHECK(pattern("a{{b}}{c}:").literal_bytes() == 5);
}

TEST_CASE("key_pattern: keys are bytes, NUL and all", "[mappings]") {
    using namespace std::string_view_literals;
    CHECK(match("a\0b{x}"sv, "a\0bc"sv) == taken({"c"}));
    CHECK(match("a\0b{x}"sv, "a"sv) == no_match);
}

TEST_CASE("key_pattern: an int is an int8 in canonical decimal", "[mappings]") {
    for (const auto* good : {"0", "1", "-1", "10", "9223372036854775807", "-9223372036854775808"}) CHECK(is_valid("int", good));
    for (const auto* bad : {"-",
                            "+1",
                            "01",
                            "-0",
                            "-01",
                            "00",
                            "1.0",
                            "1e3",
                            " 1",
                            "1 ",
                            "0x1",
                            "NaN",
                            "abc",
                            "1a",
                            "--1",
                            "9223372036854775808",
                            "-9223372036854775809",
                            "18446744073709551616",
                            "99999999999999999999999999",
                            "\xd9\xa1"}) {
        INFO(bad);
        CHECK_FALSE(is_valid("int", bad));
    }
    CHECK_FALSE(is_valid("int", std::string(1'000'000, '1')));
    CHECK(match("bet:{id:int}", "bet:abc") == invalid({"abc"}, "capture 'id' is not an int8"));
}

TEST_CASE("key_pattern: a uuid is 8-4-4-4-12 hex digits in any case", "[mappings]") {
    CHECK(is_valid("uuid", "123e4567-e89b-12d3-a456-426614174000"));
    CHECK(is_valid("uuid", "123E4567-E89B-12D3-A456-42661417400F"));
    for (const auto* bad :
         {"123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a456-42661417400",
          "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a45-6426614174000",
          "123e4567-e89b-12d3-a456_426614174000", "------------------------------------"}) {
        INFO(bad);
        CHECK_FALSE(is_valid("uuid", bad));
    }
}

TEST_CASE("key_pattern: a date is YYYY-MM-DD and exists", "[mappings]") {
    for (const auto* good : {"2026-11-22", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"}) CHECK(is_valid("date", good));
    for (const auto* bad : {"2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00", "0000-01-01", "2026-1-1",
                            "26-01-01", "2026/01/01", "2026-01-01 ", "20260101", "today", "2026-0a-01", "-026-01-01", "12026-01-01"}) {
        INFO(bad);
        CHECK_FALSE(is_valid("date", bad));
    }
}

TEST_CASE("key_pattern: a text is UTF-8 without NUL, as PostgreSQL stores it", "[mappings]") {
    using namespace std::string_view_literals;
    for (const auto good : {"a"sv, " "sv, "\n"sv, "\x7f"sv, "\xc3\xa9"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x8e\xb2"sv, "\xef\xbf\xbf"sv,
                            "\xf4\x8f\xbf\xbf"sv, "\xed\x9f\xbf"sv, "\xc2\x80"sv, "\xe0\xa0\x80"sv, "\xf0\x90\x80\x80"sv}) {
        CHECK(is_valid("text", good));
    }
    for (const auto bad :
         {"\x80"sv, "\xff"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv,
          "\xf5\x80\x80\x80"sv, "\xc3"sv, "\xe2\x82"sv, "\xf0\x9f\x8e"sv, "a\xe2(\xa1"sv, "\xc3\xa9\xa9"sv}) {
        CHECK_FALSE(is_valid("text", bad));
    }
    CHECK(match("k:{v}", "k:a\xff") == invalid({"a\xff"}, "capture 'v' is not valid UTF-8"));
    CHECK(match("k:{v}", "k:a\0b"sv) == invalid({"a\0b"sv}, "capture 'v' holds a NUL byte"));
}

TEST_CASE("key_pattern: a text capture has at most 64 KiB", "[mappings]") {
    CHECK(is_valid("text", std::string(64 * 1024, 'a')));
    const auto key = "k:" + std::string(64 * 1024 + 1, 'a');
    captures out;
    const auto p = pattern("k:{v}");
    REQUIRE(p.match(key, out));
    CHECK(out.why == "capture 'v' is longer than 64 KiB");
}

TEST_CASE("key_pattern: the first capture that does not convert is the one that is named", "[mappings]") {
    const auto p = pattern("b:{x}:{n:int}:{d:date}");
    captures out;
    REQUIRE(p.match("b:ok:no:no", out));
    CHECK(out.invalid == &p.all_captures()[1]);
    CHECK(out.why == "capture 'n' is not an int8");
    REQUIRE(p.match("b:ok:1:2026-01-01", out));
    CHECK(out.invalid == nullptr);
    CHECK(out.why.empty());
    REQUIRE_FALSE(p.match("c", out));
    CHECK(out.values.empty());
}

TEST_CASE("key_pattern: the captures' names, types and places are kept", "[mappings]") {
    const auto p = pattern("a:{x}:{n:int}:{u:uuid}:{d:date}:{t:text}");
    REQUIRE(p.all_captures().size() == 5);
    CHECK(p.all_captures()[1].name == "n");
    CHECK(p.all_captures()[1].offset == 6);
    CHECK(p.all_captures()[0].type == capture_type::text);
    CHECK(p.all_captures()[1].type == capture_type::integer);
    CHECK(p.all_captures()[2].type == capture_type::uuid);
    CHECK(p.all_captures()[3].type == capture_type::date);
    CHECK(p.all_captures()[4].type == capture_type::text);
    CHECK(p.typed_captures() == 3);
    CHECK(p.text() == "a:{x}:{n:int}:{u:uuid}:{d:date}:{t:text}");
}

TEST_CASE("key_pattern: a wrong pattern is a problem at its place that says what to do", "[mappings]") {
    struct row {
        std::string text;
        std::size_t offset;
        std::string says;
    };
    const row rows[] = {
        {"", 0, "it is empty"},
        {"{id}", 0, "needs text before its first capture"},
        {"{id}:x", 0, "needs text before its first capture"},
        {"a:{id", 2, "'{' is not closed; write '{{'"},
        {"a:{", 2, "'{' is not closed"},
        {"a:id}", 4, "'}' closes nothing; write '}}'"},
        {"a:{{id}", 6, "'}' closes nothing"},
        {"a:{}", 3, "'' is no name"},
        {"a:{:int}", 3, "'' is no name"},
        {"a:{1x}", 3, "'1x' is no name"},
        {"a:{x y}", 3, "'x y' is no name"},
        {"a:{b{c}", 3, "'b{c' is no name"},
        {"a:{x-y}", 3, "'x-y' is no name"},
        {"a:{\xc3\xa9}", 3, "is no name"},
        {"a:{x:integer}", 5, "capture 'x' has the unknown type 'integer'; the types are int, uuid, date and text"},
        {"a:{x:uid}", 5, "capture 'x' has the unknown type 'uid'; did you mean 'uuid'?"},
        {"a:{x:}", 5, "unknown type ''"},
        {"a:{x:Int}", 5, "did you mean 'int'?"},
        {"a:{x:int:y}", 5, "unknown type 'int:y'"},
        {"a:{x}{y}", 5, "captures 'x' and 'y' need text between them"},
        {"a:{x}:{x}", 6, "two captures have the name 'x'"},
        {std::string(1'025, 'a'), 1'024, "longer than 1024 bytes"},
    };
    for (const auto& r : rows) {
        const auto found = problem_of(r.text);
        INFO(r.text << " -> " << found.message);
        CHECK(found.offset == r.offset);
        CHECK(found.message.find(r.says) != std::string::npos);
    }
    CHECK(pattern(std::string(1'024, 'a')).literal_bytes() == 1'024);
}

TEST_CASE("key_pattern: more literal bytes are more specific, then more typed captures", "[mappings]") {
    const auto more = [](std::string_view a, std::string_view b) { return pattern(a).more_specific_than(pattern(b)); };
    CHECK(more("a:b", "a:{x}"));
    CHECK(more("a:{x:int}", "a:{x}"));
    CHECK(more("a:{x}:b", "a:{x:int}:"));
    CHECK(more("a:{x:int}:{y}", "a:{x}:{y}"));
    CHECK_FALSE(more("a:{x}", "a:{x}"));
    CHECK_FALSE(more("a:{x:int}", "a:{x:uuid}"));
    CHECK_FALSE(more("a:{x:int}", "a:{x:uuid}:"));
}

TEST_CASE("key_pattern: a hostile key of 16 MiB is told apart in time", "[mappings]") {
    const auto p = pattern("k:{a}" + std::string(500, 'a') + "b{c}");
    const auto key = "k:" + std::string(16 * 1024 * 1024, 'a');
    captures out;
    const auto start = respgres::tests::processor_seconds();
    CHECK_FALSE(p.match(key, out));
    // Byte by byte at each place would be eight thousand million steps; the search takes some tens of milliseconds.
    CHECK(respgres::tests::processor_seconds() - start < 2);
}
