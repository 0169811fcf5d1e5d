#include "conf/toml/key_depth.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace respgres::conf::test;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

std::size_t depth_column(std::string_view toml) {
    const auto found = find_deep_key(toml);
    return found ? found->column : 0;
}

}  // namespace

TEST_CASE("toml: what the parser finds is one problem at its line", "[conf]") {
    CHECK(problems_of("[log]\nlevel = \"info\"\nlevel = \"debug\"\n") ==
          lines{"t:3:9: Error while parsing key-value pair: cannot redefine existing string 'level'"});
    CHECK(problems_of("[log]\n[server]\n[log]\n") ==
          lines{"t:3:1: Error while parsing table header: cannot redefine existing table 'log'"});
    CHECK(problems_of("[mapping.a]\n[mapping.a]\n") ==
          lines{"t:2:1: Error while parsing table header: cannot redefine existing table 'mapping.a'"});
    CHECK(problems_of("[log\n").size() == 1);
    CHECK(problems_of("x = \"\\q\"\n").size() == 1);
    CHECK(problems_of("[[[a]]]\n") ==      // an assertion of toml++ 3.3 fails here (its pull request 301)
          lines{"t:1:3: Error while parsing key: expected bare key starting character or string delimiter, saw '['"});
}

TEST_CASE("toml: text that is not UTF-8 is one problem", "[conf]") {
    CHECK(problems_of("[log]\nlevel = \"\xff\xfe\"\n") == lines{"t:2:9: Encountered invalid utf-8 sequence"});
    CHECK(problems_of(std::string_view{"\xff\xfe[\0l\0", 6}).size() == 1);
    CHECK(problems_of(std::string_view{"[log]\n\0", 7}).size() == 1);
    CHECK(problems_of("\xef\xbb\xbf[log]\n") == lines{});   // a byte order mark is no fault
}

TEST_CASE("toml: a syntax error does not repeat a secret", "[conf]") {
    for (const auto* toml :
         {"[redis]\nurl = redis://u:hunter2@h\n", "[redis]\nurl = \"redis://u:hunter2@h\n", "[redis]\nurl = \"a\" hunter2\n",
          "[redis]\nurl = 'redis://:hunter2@h\n", "[redis]\nurl = \"\"\"redis://:hunter2@h"}) {
        const auto found = problems_of(toml);
        INFO(found.at(0));
        CHECK(found.size() == 1);
        CHECK(found.at(0).find("hunter") == std::string::npos);
    }
}

TEST_CASE("toml: keys of absurd depth, which overflow toml++'s stack, are refused before it sees them", "[conf]") {
    const auto deep = repeat("a.", 250'000) + "a";
    const lines refused{"t:1:18: a key with more than 8 dots"};
    CHECK(problems_of(deep + " = 1\n") == refused);
    CHECK(problems_of("[" + deep + "]\n") == lines{"t:1:19: a key with more than 8 dots"});
    CHECK(problems_of("x = { " + deep + " = 1 }\n") == lines{"t:1:24: a key with more than 8 dots"});
    CHECK(problems_of(repeat("\"a\" . ", 100) + "a = 1\n") == lines{"t:1:53: a key with more than 8 dots"});
    CHECK(problems_of("[log]\n" + repeat("a\n.", 3) + repeat("b.", 9) + "= 1").size() == 1);
}

TEST_CASE("toml: dots in strings and comments are no depth", "[conf]") {
    const auto dots = repeat(".", 50);
    CHECK(depth_column("a = \"" + dots + "\"") == 0);
    CHECK(depth_column("a = '" + dots + "'") == 0);
    CHECK(depth_column("a = \"\"\"\n" + dots + "\\\"\"\"\\\"" + dots + "\n\"\"\"") == 0);
    CHECK(depth_column("a = '''\n" + dots + "''" + dots + "'''''\nb = 1") == 0);
    CHECK(depth_column("a = 1 # \"" + dots) == 0);
    CHECK(depth_column("a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]") == 0);
    CHECK(depth_column("a = \"\\\"" + dots + "\"") == 0);
    CHECK(depth_column("a = \"\" ." + dots) == 16);
    CHECK(depth_column("a = 'it\\'" + dots) == 18);            // no escapes in '...': the string ends at the second mark
    CHECK(depth_column("a = \"x\n" + dots) == 9);             // a line's end ends it, as an error that toml++ reports
    CHECK(depth_column("a = \"\"\"" + dots + "\"\"\"\"\"" + dots) == 71);
    for (const auto* open : {"\"", "'", "\"\"\"", "'''", "\"\\", "\"\"\"\\", "#", "\"\"\"a\"\""}) CHECK(depth_column(open) == 0);
}

TEST_CASE("toml: characters that are not ASCII belong into strings and comments", "[conf]") {
    for (const auto* toml : {"\xef\xbb\xbe = 1\n", "x = 1\xef\xba\xa6\n", "x = 19n'\xef\xba\xa6\n"}) {  // undefined behaviour in toml++ 3.3
        const auto found = problems_of(toml);
        INFO(found.at(0));
        CHECK(found.size() == 1);
        CHECK(found.at(0).starts_with("t:1:"));
    }
    CHECK(problems_of("[log] # \u00fc\n\u00fc = 1\n").size() == 1);
    CHECK(problems_of("\xef\xbb\xbf\"\u00fc\" = 1\n").at(0).starts_with("t:1:1: key '\u00fc' stands in no section"));
    CHECK(problems_of("[log]\n\"\u00fc\" = 1\n") == lines{"t:2:1: unknown key '\u00fc' in [log]; known are level and json"});
    CHECK(read_text("[postgres]\nurl = \"dbname=\u00fc\"\n", "t").value.postgres.url.value == "dbname=\u00fc");
}

TEST_CASE("toml: deep nesting and many keys are refused or read in bounded time", "[conf]") {
    CHECK(problems_of("x = " + repeat("[", 500'000)).size() == 1);
    CHECK(problems_of("x = " + repeat("{a=", 300'000)).size() == 1);
    CHECK(problems_of(repeat("\"", 1'000'000)).size() == 1);
    CHECK(problems_of("x = " + repeat("'", 1'000'000)).size() == 1);
    CHECK(problems_of("log = [" + repeat("0,", 100'000) + "]") ==
          lines{"t:1:1: 'log' must be a section with the header [log], not an array"});
    CHECK(problems_of(repeat("[[mapping]]\n", 10'000)).size() == 1);

    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "k" + std::to_string(i) + " = 1\n";
    CHECK(problems_of("[log]\n" + many).size() == 10'000);
}
