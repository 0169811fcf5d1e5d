#include "backends/change_stream/replication_messages.hpp"
#include "tests/unit/backends/change_stream/wire.hpp"

#include <catch2/catch.hpp>

using namespace respgres::change_stream;
using respgres::tests::bytes;
using namespace std::chrono_literals;

TEST_CASE("replication messages: XLogData carries the payload behind two positions and a time", "[change_stream]") {
    const std::string input = bytes("'w' 0000001600000010 0000001600000020 00000000000F4240 'payload'");

    const auto read = read_replication_message(input);

    REQUIRE(read.has_value());
    const auto& data = std::get<wal_data>(*read);
    CHECK(data.start == lsn{0x1600000010});
    CHECK(data.end == lsn{0x1600000020});
    CHECK(data.sent == std::chrono::sys_days(std::chrono::year(2000) / 1 / 1) + 1s);
    CHECK(data.payload == "payload");
    CHECK(data.payload.data() == input.data() + 25);
}

TEST_CASE("replication messages: a keepalive says how far all was sent, and whether it wants a reply", "[change_stream]") {
    for (const bool wanted : {false, true}) {
        const auto read = read_replication_message(bytes(std::string("'k' 0000001600000020 FFFFFFFFFFF0BDC0") + (wanted ? "01" : "00")));

        REQUIRE(read.has_value());
        CHECK(std::get<keepalive>(*read).end == lsn{0x1600000020});
        CHECK(std::get<keepalive>(*read).sent == std::chrono::sys_days(std::chrono::year(1999) / 12 / 31) + 23h + 59min + 59s);
        CHECK(std::get<keepalive>(*read).reply_requested == wanted);
    }
}

TEST_CASE("replication messages: the status update has the documented bytes", "[change_stream]") {
    standby_status status{lsn{0x1600000030}, lsn{0x1600000020}, lsn{0x1600000010}, postgres_epoch + 1s};

    CHECK(write(status) == bytes("'r' 0000001600000030 0000001600000020 0000001600000010 00000000000F4240 00"));
    status.reply_requested = true;
    CHECK(write(status).back() == '\1');
}

TEST_CASE("replication messages: what is malformed is said with its place", "[change_stream]") {
    const auto problem = [](std::string_view written) { return read_replication_message(bytes(written)).error().detail; };

    CHECK(problem("") == "the message ends too soon at byte 0 of a replication message");
    CHECK(problem("'x'") == "an unknown type of message at byte 0 of a replication message");
    CHECK(problem("'w' 00000016") == "the message ends too soon at byte 1 of a replication message");
    CHECK(problem("'k' 0000001600000020 0000000000000000 02") == "a flag that is neither 0 nor 1 at byte 17 of a replication message");
    CHECK(problem("'k' 0000001600000020 0000000000000000 01 00") == "bytes behind the message's end at byte 18 of a replication message");
    CHECK(problem("'k' 0000001600000020 7FFFFFFFFFFFFFFF 01") == "a time that no clock shows at byte 9 of a replication message");
}
