#include "conf/values/quantity.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace std::chrono_literals;

namespace {

std::string duration_complaint(std::string_view text) {
    std::chrono::milliseconds out{77};
    auto wrong = read_duration(text, out);
    if (!wrong.empty()) CHECK(out == 77ms);   // what cannot be read changes nothing
    return wrong;
}

std::chrono::milliseconds duration(std::string_view text) {
    std::chrono::milliseconds out{};
    INFO(text);
    CHECK(read_duration(text, out) == "");
    return out;
}

std::int64_t size(std::string_view text) {
    std::int64_t out = 0;
    INFO(text);
    CHECK(read_size(text, out) == "");
    return out;
}

std::string size_complaint(std::string_view text) {
    std::int64_t out = 0;
    return read_size(text, out);
}

}  // namespace

TEST_CASE("quantity: a duration is a whole number with a unit", "[conf]") {
    CHECK(duration("500ms") == 500ms);
    CHECK(duration("5s") == 5s);
    CHECK(duration("1m") == 1min);
    CHECK(duration("1h") == 1h);
    CHECK(duration("1d") == 24h);
    CHECK(duration("0") == 0ms);
    CHECK(duration("0s") == 0ms);
    CHECK(duration("-5s") == -5s);
    CHECK(duration("007s") == 7s);
}

TEST_CASE("quantity: a duration that is none says why", "[conf]") {
    CHECK(duration_complaint("2") == "'2' needs a unit: ms, s, m, h or d");
    CHECK(duration_complaint("99999999999999999999") == "'99999999999999999999' needs a unit: ms, s, m, h or d");
    CHECK(duration_complaint("2 s") == "'2 s' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("1.5s") == "'1.5s' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("") == "'' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("s") == "'s' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("+1s") == "'+1s' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("--1s") == "'--1s' is not a whole number with a unit, such as \"5s\"");
    CHECK(duration_complaint("5sec") == "'5sec': the unit must be ms, s, m, h or d");
    CHECK(duration_complaint("5S") == "'5S': the unit must be ms, s, m, h or d");
    CHECK(duration_complaint("9223372036854775807ms") == "");
    CHECK(duration_complaint("9223372036854775808ms") == "'9223372036854775808ms' is too large");
    CHECK(duration_complaint("106751991168d") == "'106751991168d' is too large");
    CHECK(duration_complaint(std::string_view{"\x1b[2J", 4}) == "'\\x1b[2J' is not a whole number with a unit, such as \"5s\"");
}

TEST_CASE("quantity: sizes have binary units", "[conf]") {
    CHECK(size("512B") == 512);
    CHECK(size("64KiB") == 65'536);
    CHECK(size("16MiB") == 16'777'216);
    CHECK(size("1GiB") == 1'073'741'824);
    CHECK(size("0") == 0);

    CHECK(size_complaint("16MB") == "'16MB': the unit must be B, KiB, MiB or GiB");
    CHECK(size_complaint("16") == "'16' needs a unit: B, KiB, MiB or GiB");
    CHECK(size_complaint("9999999999999GiB") == "'9999999999999GiB' is too large");
}

TEST_CASE("quantity: values are shown in the largest unit that fits", "[conf]") {
    CHECK(show_duration(0) == "0");
    CHECK(show_duration(1'500) == "1500ms");
    CHECK(show_duration(60'000) == "1m");
    CHECK(show_duration(90'000) == "90s");
    CHECK(show_duration(365LL * 86'400'000) == "365d");
    CHECK(show_size(1) == "1B");
    CHECK(show_size(1'536) == "1536B");
    CHECK(show_size(65'536) == "64KiB");
    CHECK(show_size(4LL << 30) == "4GiB");
}
