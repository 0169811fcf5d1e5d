#include "protocol/resp/reply_writer.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace respgres::protocol;
using namespace std::literals;

namespace {

// What `write` appends, for either version.
template <class Write>
std::string written(resp_version version, Write write) {
    std::string out = "before";
    reply_writer writer(out, version);
    write(writer);
    CHECK(out.starts_with("before"));
    return out.substr(6);
}

template <class Write>
std::string resp2(Write write) {
    return written(resp_version::resp2, write);
}
template <class Write>
std::string resp3(Write write) {
    return written(resp_version::resp3, write);
}

}  // namespace

TEST_CASE("reply_writer: types that both versions share", "[protocol]") {
    const auto write = [](reply_writer& w) {
        w.simple("OK");
        w.error("ERR no");
        w.integer(0);
        w.integer(std::numeric_limits<std::int64_t>::min());
        w.integer(std::numeric_limits<std::int64_t>::max());
        w.bulk("a\r\nb");
        w.bulk("");
        w.array(2);
        w.raw("+x\r\n");
    };
    const std::string expected =
        "+OK\r\n-ERR no\r\n:0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n$4\r\na\r\nb\r\n$0\r\n\r\n*2\r\n+x\r\n";

    CHECK(resp2(write) == expected);
    CHECK(resp3(write) == expected);
}

TEST_CASE("reply_writer: RESP3 types have their RESP2 form", "[protocol]") {
    const auto write = [](reply_writer& w) {
        w.null();
        w.null_array();
        w.boolean(true);
        w.boolean(false);
        w.map(3);
        w.set(3);
        w.push(3);
        w.verbatim("some text");
    };

    CHECK(resp2(write) == "$-1\r\n*-1\r\n:1\r\n:0\r\n*6\r\n*3\r\n*3\r\n$9\r\nsome text\r\n");
    CHECK(resp3(write) == "_\r\n_\r\n#t\r\n#f\r\n%3\r\n~3\r\n>3\r\n=13\r\ntxt:some text\r\n");
}

TEST_CASE("reply_writer: doubles are printed as Redis 7.0 prints them", "[protocol]") {
    // Right side: what redis-server 7.0.15 answered to ZSCORE for that score.
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::pair<double, std::string_view> cases[] = {
        {3.14, "3.1400000000000001"},
        {1, "1"},
        {1e300, "1.0000000000000001e+300"},
        {-infinity, "-inf"},
        {infinity, "inf"},
        {0.1, "0.10000000000000001"},
        {1e17, "1e+17"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {1e-5, "1.0000000000000001e-05"},
        {0.0001, "0.0001"},
        {100000, "100000"},
        {3.141, "3.141"},
    };
    for (const auto& [value, text] : cases) {
        const auto write = [score = value](reply_writer& w) { w.number(score); };
        CHECK(resp2(write) == "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n");
        CHECK(resp3(write) == "," + std::string(text) + "\r\n");
    }
    CHECK(resp3([](reply_writer& w) { w.number(-std::numeric_limits<double>::quiet_NaN()); }) == ",nan\r\n");
}

TEST_CASE("reply_writer: texts of others cannot end a line or forge a reply", "[protocol]") {
    CHECK(resp2([](reply_writer& w) { w.error("ERR a\r\n+OK\r\n\0b"sv); }) == "-ERR a  +OK   b\r\n");
    CHECK(resp2([](reply_writer& w) { w.simple("a\nb"); }) == "+a b\r\n");
}

TEST_CASE("reply_writer: errors are cut at 1 KiB, but not inside a character", "[protocol]") {
    const auto error_of = [](std::string text) { return resp2([&](reply_writer& w) { w.error(text); }); };

    CHECK(error_of(std::string(1024, 'a')) == "-" + std::string(1024, 'a') + "\r\n");
    CHECK(error_of(std::string(5000, 'a')) == "-" + std::string(1024, 'a') + "\r\n");
    CHECK(error_of(std::string(1023, 'a') + "\xc3\xa9 and more") == "-" + std::string(1023, 'a') + "\r\n");
    CHECK(error_of(std::string(1022, 'a') + "\xc3\xa9 and more") == "-" + std::string(1022, 'a') + "\xc3\xa9\r\n");
    CHECK(error_of(std::string(5000, '\x80')).size() <= 1027);
}
