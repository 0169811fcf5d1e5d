#include "backends/change_stream/lsn.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace respgres::change_stream;

TEST_CASE("lsn: is read and written as PostgreSQL does", "[change_stream]") {
    CHECK(parse_lsn("16/B374D848") == lsn{0x16B374D848});
    CHECK(parse_lsn("0/0") == lsn{});
    CHECK(parse_lsn("ffffffff/FfFfFfFf") == lsn{0xFFFFFFFFFFFFFFFF});
    CHECK(to_string(lsn{0x16B374D848}) == "16/B374D848");
    CHECK(to_string(lsn{0x100000005}) == "1/5");
    CHECK(to_string(lsn{}) == "0/0");
}

TEST_CASE("lsn: what is none is not read", "[change_stream]") {
    for (const char* text :
         {"", "/", "0", "0/", "/0", "0/0/0", "-1/0", "0/-1", "+1/0", "0x1/0", " 0/0", "0/0 ", "000000001/0", "0/000000001", "g/0"}) {
        INFO(text);
        CHECK(!parse_lsn(text));
    }
}

TEST_CASE("lsn: fixed-width texts have the order of the positions", "[change_stream]") {
    std::mt19937_64 random(1);
    CHECK(fixed_width(lsn{0x16B374D848}) == "00000016B374D848");
    for (int i = 0; i < 10'000; ++i) {
        const lsn a{random() >> random() % 64};
        const lsn b{random() >> random() % 64};
        REQUIRE((fixed_width(a) < fixed_width(b)) == (a < b));
        REQUIRE(parse_fixed_width(fixed_width(a)) == a);
        REQUIRE(parse_lsn(to_string(a)) == a);
    }
}

TEST_CASE("lsn: a watermark of another form is not read", "[change_stream]") {
    for (const char* text : {"", "0", "00000016b374d848", "00000016B374D84", "000000016B374D848", "00000016B374D84G", "-0000016B374D848",
                             "0000016/B374D848"}) {
        INFO(text);
        CHECK(!parse_fixed_width(text));
    }
}

TEST_CASE("lsn: a position just behind a page's header is that of the page", "[change_stream]") {
    CHECK(without_page_header(lsn{0xF350018}) == lsn{0xF350000});    // as it was seen
    CHECK(without_page_header(lsn{0x1000028}) == lsn{0x1000000});    // first page of a segment
    CHECK(without_page_header(lsn{0xF350000}) == lsn{0xF350000});
    CHECK(without_page_header(lsn{0xF350030}) == lsn{0xF350030});
    CHECK(without_page_header(lsn{0xF350118}) == lsn{0xF350118});
}
