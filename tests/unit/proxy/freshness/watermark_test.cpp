#include "proxy/freshness/watermark.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::proxy;
using change_stream::lsn;
using change_stream::timestamp;
using std::chrono::microseconds;

TEST_CASE("watermark: its text is read as it was written", "[freshness]") {
    const watermark mark{"7301234567890123456.0000000A", "c0ffee", lsn{0x16B374D848}, timestamp(microseconds(1'763'874'000'123'456))};
    CHECK(to_string(mark) == "7301234567890123456.0000000A/c0ffee|00000016B374D848|1763874000123456");
    CHECK(parse_watermark(to_string(mark)) == mark);
    CHECK_FALSE(mark.is_rebuilding());
    CHECK(watermark{"1.00000001", "a", lsn{}, {}}.is_rebuilding());
}

TEST_CASE("watermark: what is none is not read", "[freshness]") {
    const std::string good = "1.00000001/a|00000016B374D848|5";
    REQUIRE(parse_watermark(good));
    for (const std::string& bad : {std::string(), std::string("x"), good.substr(0, good.size() - 1), good + "x", good + "|", "/" + good,
                                   std::string("1/a|0|5"), std::string("1.1/|00000016B374D848|5"), std::string("1.1/a|00000016b374d848|5"),
                                   std::string("1.1/a|00000016B374D848|+5"), std::string("1.1/a|00000016B374D848|99999999999999999999"),
                                   std::string("1 1/a|00000016B374D848|5"), std::string(65, '1') + "/a|00000016B374D848|5"})
        CHECK_FALSE(parse_watermark(bad));
}

TEST_CASE("watermark: servers and timelines", "[freshness]") {
    CHECK(timeline_of("7301.0000000A") == 10u);
    CHECK_FALSE(timeline_of("7301"));
    CHECK(same_system("7301.00000001", "7301.00000002"));
    CHECK_FALSE(same_system("7301.00000001", "7302.00000001"));
    CHECK(watermark_name("s") == "respgres:wm:s");
}
