#include "conf/reader.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>
#include <iterator>
#include <random>

using namespace respgres::conf;
using namespace respgres::conf::test;
using respgres::tests::is_sanitized;
using namespace std::chrono_literals;

namespace {

std::string sample_text() {
    std::ifstream file{RESPGRES_SAMPLE, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// One change of the kinds that hands and disks make: a byte flipped, removed or put in, a part removed, doubled or exchanged for a token.
void mutate(std::string& text, std::mt19937& random) {
    static constexpr std::string_view tokens[] = {"\"",
                                                  "'",
                                                  "\"\"\"",
                                                  "'''",
                                                  "[",
                                                  "]",
                                                  "{",
                                                  "}",
                                                  "=",
                                                  "\n",
                                                  ".",
                                                  "#",
                                                  "\\",
                                                  "\\u0000",
                                                  "\\U0010ffff",
                                                  "0",
                                                  "-1",
                                                  "1e999",
                                                  "nan",
                                                  "0x7fffffffffffffff",
                                                  "99999999999999999999",
                                                  "2020-01-01T00:00:00Z",
                                                  "true",
                                                  "[[mapping]]",
                                                  "[mapping.a]",
                                                  "\xff",
                                                  "\xef\xbb\xbf",
                                                  "redis://",
                                                  "unix:",
                                                  "tls:",
                                                  "%",
                                                  "@"};
    const auto below = [&](std::size_t limit) { return std::uniform_int_distribution<std::size_t>{0, limit}(random); };
    const auto at = below(text.size());
    const auto length = std::min(below(40), text.size() - at);
    switch (below(4)) {
        case 0: text.insert(at, 1, static_cast<char>(below(255))); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(below(text.size()), text.substr(at, length)); break;
        case 3: text.insert(at, tokens[below(std::size(tokens) - 1)]); break;
        default: text.replace(at, length, tokens[below(std::size(tokens) - 1)]); break;
    }
}

}  // namespace

TEST_CASE("sample: conf/betting.toml is without problems and maps the keys that the product is named for", "[conf]") {
    const auto outcome = read_file(RESPGRES_SAMPLE);

    CHECK(to_lines(outcome.found) == lines{});
    REQUIRE(outcome.value.mappings.size() == 7);
    const auto& bets = outcome.value.mappings[0];
    CHECK(bets.key.value == "active_bets:limit_{limit:int}");
    CHECK(bets.shape.value == shape::json);
    CHECK(bets.ttl.value == 5s);
    const auto& count = outcome.value.mappings[1];
    CHECK(count.key.value == "bet_count:{status}");
    CHECK(count.shape.value == shape::counter);
    CHECK(count.ttl.value == 1s);
    const auto& session = outcome.value.mappings[2];
    CHECK(session.key.value == "session:{session_id}");
    CHECK(session.shape.value == shape::hash);
    CHECK(session.primary.value == primary_source::redis);
    CHECK(session.ttl.value == 1h);
}

TEST_CASE("sample: damaged copies are read or refused, never worse", "[conf]") {
    constexpr int copies = is_sanitized ? 2'000 : 10'000;
    const auto original = sample_text();
    REQUIRE(original.size() > 1'000);
    std::mt19937 random{20'250'101};
    int refused = 0;
    for (int round = 0; round < copies; ++round) {
        auto text = original;
        for (int changes = round % 4; changes >= 0; --changes) mutate(text, random);
        const auto found = read_text(text, "m").found;
        if (!found.empty()) ++refused;
        for (const auto& each : found) {
            if (each.message.empty() || each.message.size() > 1'000) FAIL("an unfit message: " << to_string(each));
        }
    }

    CHECK(refused > copies * 3 / 10);
    CHECK(refused < copies);
}

TEST_CASE("sample: cut at every byte it is read or refused", "[conf]") {
    const auto original = sample_text();
    for (std::size_t size = 0; size < original.size(); ++size) {
        const auto found = read_text(std::string_view{original}.substr(0, size), "m").found;
        for (const auto& each : found) CHECK_FALSE(each.message.empty());
    }
}
