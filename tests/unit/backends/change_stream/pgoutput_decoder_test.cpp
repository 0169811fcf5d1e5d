#include "backends/change_stream/pgoutput_decoder.hpp"
#include "tests/unit/backends/change_stream/wire.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace respgres::change_stream;
using respgres::tests::bytes;
using namespace std::chrono_literals;
namespace pgoutput = respgres::change_stream::pgoutput;

namespace {

// One of each message, and its parts where they vary: outside of streams, then within. Positions 16/10 and 16/20, time 1 s, transaction 770.
constexpr const char* outside[] = {
    "'B' 0000001600000010 00000000000F4240 00000302",
    "'C' 00 0000001600000010 0000001600000020 00000000000F4240",
    "'O' 0000001600000010 'north' 00",
    "'R' 00004001 'public' 00 'bets' 00 'd' 0002 01 'id' 00 00000014 FFFFFFFF 00 'note' 00 00000019 FFFFFFFF",
    "'Y' 00004100 'public' 00 'mood' 00",
    "'I' 00004001 'N' 0003 't' 00000002 '42' 'n' 'b' 00000001 ff",
    "'U' 00004001 'N' 0002 't' 00000002 '42' 'u'",
    "'U' 00004001 'K' 0002 't' 00000002 '41' 'n' 'N' 0002 't' 00000002 '42' 'u'",
    "'U' 00004001 'O' 0002 't' 00000002 '41' 't' 00000000 'N' 0002 't' 00000002 '42' 'u'",
    "'D' 00004001 'K' 0001 't' 00000002 '41'",
    "'D' 00004001 'O' 0001 't' 00000002 '41'",
    "'T' 00000002 03 00004001 00004002",
    "'M' 01 0000001600000010 'respgres_ddl' 00 00000005 '16385'",
    "'c' 00000302 00 0000001600000010 0000001600000020 00000000000F4240",
    "'A' 00000302 00000303",
    "'b' 0000001600000010 0000001600000020 00000000000F4240 00000302 'gid' 00",
    "'P' 00 0000001600000010 0000001600000020 00000000000F4240 00000302 'gid' 00",
    "'p' 00 0000001600000010 0000001600000020 00000000000F4240 00000302 'gid' 00",
    "'K' 00 0000001600000010 0000001600000020 00000000000F4240 00000302 'gid' 00",
    "'r' 00 0000001600000010 0000001600000020 00000000000F4240 00000000001E8480 00000302 'gid' 00",
    "'S' 00000302 01",
};
constexpr const char* within[] = {
    "'O' 0000001600000010 'north' 00",
    "'R' 00000303 00004001 'public' 00 'bets' 00 'f' 0001 01 'id' 00 00000014 FFFFFFFF",
    "'Y' 00000303 00004100 'public' 00 'mood' 00",
    "'I' 00000303 00004001 'N' 0001 't' 00000002 '42'",
    "'U' 00000303 00004001 'N' 0001 't' 00000002 '42'",
    "'D' 00000303 00004001 'O' 0001 't' 00000002 '41'",
    "'T' 00000303 00000001 00 00004001",
    "'M' 00000303 01 0000001600000010 'p' 00 00000000",
    "'E'",
};

const timestamp one_second = postgres_epoch + 1s;

// Views of the message point into `input`.
template <class Message>
Message decoded(const std::string& input, bool in_stream = false) {
    pgoutput::decoder decoder;
    if (in_stream) REQUIRE(decoder.decode(bytes("'S' 00000302 01")).has_value());
    const auto read = decoder.decode(input);
    INFO((read.has_error() ? read.error().detail : ""));
    REQUIRE(read.has_value());
    return std::get<Message>(*read);
}

std::string problem(std::string_view written, bool in_stream = false) {
    pgoutput::decoder decoder;
    if (in_stream) REQUIRE(decoder.decode(bytes("'S' 00000302 01")).has_value());
    const auto read = decoder.decode(bytes(written));
    return read.has_error() ? read.error().detail : "nothing";
}

std::vector<cell> cells_of(const pgoutput::tuple& row) {
    std::vector<cell> all;
    row.for_each([&](cell each) { all.push_back(each); });
    return all;
}

}  // namespace

TEST_CASE("pgoutput: transactions begin and end", "[change_stream]") {
    const auto begin = decoded<pgoutput::begin>(bytes(outside[0]));
    const auto commit = decoded<pgoutput::commit>(bytes(outside[1]));
    const auto stream_commit = decoded<pgoutput::stream_commit>(bytes(outside[13]));
    const auto stream_abort = decoded<pgoutput::stream_abort>(bytes(outside[14]));

    CHECK((begin.commit_lsn == lsn{0x1600000010} && begin.committed == one_second && begin.xid == 770));
    CHECK((commit.commit_lsn == lsn{0x1600000010} && commit.end_lsn == lsn{0x1600000020} && commit.committed == one_second));
    CHECK((stream_commit.xid == 770 && stream_commit.commit_lsn == lsn{0x1600000010} && stream_commit.end_lsn == lsn{0x1600000020}));
    CHECK(stream_commit.committed == one_second);
    CHECK((stream_abort.xid == 770 && stream_abort.subxid == 771));
}

TEST_CASE("pgoutput: a table is described with its columns and its replica identity", "[change_stream]") {
    const std::string input = bytes(outside[3]);
    const auto read = decoded<pgoutput::relation>(input);

    CHECK((read.xid == 0 && read.id == 0x4001 && read.schema == "public" && read.name == "bets"));
    CHECK(read.identity == pgoutput::replica_identity::primary_key);
    REQUIRE(read.columns.size() == 2);
    CHECK((read.columns[0].in_identity && read.columns[0].name == "id" && read.columns[0].type == 20 && read.columns[0].modifier == -1));
    CHECK((!read.columns[1].in_identity && read.columns[1].name == "note" && read.columns[1].type == 25));
}

TEST_CASE("pgoutput: the empty schema is pg_catalog", "[change_stream]") {
    CHECK(decoded<pgoutput::relation>(bytes("'R' 00004001 00 'x' 00 'n' 0000")).schema == "pg_catalog");
    CHECK(decoded<pgoutput::type>(bytes("'Y' 00004001 00 'x' 00")).schema == "pg_catalog");
}

TEST_CASE("pgoutput: an inserted row has texts, nulls and binary values", "[change_stream]") {
    const std::string input = bytes(outside[5]);
    const auto read = decoded<pgoutput::insert>(input);

    CHECK((read.xid == 0 && read.relation == 0x4001));
    CHECK(cells_of(read.after) == std::vector<cell>{{cell::form::text, "42"}, {cell::form::null, ""}, {cell::form::binary, "\xff"}});
}

TEST_CASE("pgoutput: an update has no old row, its identity, or all of it", "[change_stream]") {
    const std::string inputs[] = {bytes(outside[6]), bytes(outside[7]), bytes(outside[8])};
    const auto plain = decoded<pgoutput::update>(inputs[0]);
    const auto identity = decoded<pgoutput::update>(inputs[1]);
    const auto full = decoded<pgoutput::update>(inputs[2]);

    CHECK(!plain.before);
    CHECK(cells_of(plain.after) == std::vector<cell>{{cell::form::text, "42"}, {cell::form::unchanged, ""}});
    REQUIRE(identity.before);
    CHECK(identity.before->only_identity);
    CHECK(cells_of(identity.before->cells) == std::vector<cell>{{cell::form::text, "41"}, {cell::form::null, ""}});
    REQUIRE(full.before);
    CHECK(!full.before->only_identity);
    CHECK(cells_of(full.before->cells) == std::vector<cell>{{cell::form::text, "41"}, {cell::form::text, ""}});
}

TEST_CASE("pgoutput: a deleted row is its identity or all of it", "[change_stream]") {
    CHECK(decoded<pgoutput::remove>(bytes(outside[9])).before.only_identity);
    CHECK(!decoded<pgoutput::remove>(bytes(outside[10])).before.only_identity);
}

TEST_CASE("pgoutput: truncations name their tables and options", "[change_stream]") {
    const auto read = decoded<pgoutput::truncate>(bytes(outside[11]));

    CHECK(read.relations == std::vector<std::uint32_t>{0x4001, 0x4002});
    CHECK((read.cascade && read.restart_identity));
    CHECK(!decoded<pgoutput::truncate>(bytes("'T' 00000001 02 00004001")).cascade);
    CHECK(!decoded<pgoutput::truncate>(bytes("'T' 00000001 01 00004001")).restart_identity);
}

TEST_CASE("pgoutput: messages, origins and types", "[change_stream]") {
    const std::string inputs[] = {bytes(outside[12]), bytes(outside[2]), bytes(outside[4])};
    const auto read = decoded<pgoutput::logical_message>(inputs[0]);
    const auto origin = decoded<pgoutput::origin>(inputs[1]);
    const auto type = decoded<pgoutput::type>(inputs[2]);

    CHECK((read.transactional && read.position == lsn{0x1600000010} && read.prefix == "respgres_ddl" && read.content == "16385"));
    CHECK(!decoded<pgoutput::logical_message>(bytes("'M' 00 0000001600000010 'p' 00 00000000")).transactional);
    CHECK((origin.commit_lsn == lsn{0x1600000010} && origin.name == "north"));
    CHECK((type.id == 0x4100 && type.schema == "public" && type.name == "mood"));
}

TEST_CASE("pgoutput: two-phase commit", "[change_stream]") {
    std::vector<std::string> inputs;
    for (std::size_t i = 15; i < 20; ++i) inputs.push_back(bytes(outside[i]));
    const auto begin = decoded<pgoutput::begin_prepare>(inputs[0]);
    const auto prepare = decoded<pgoutput::prepare>(inputs[1]);
    const pgoutput::prepare stream_prepare = decoded<pgoutput::stream_prepare>(inputs[2]);
    const auto commit = decoded<pgoutput::commit_prepared>(inputs[3]);
    const auto rollback = decoded<pgoutput::rollback_prepared>(inputs[4]);

    CHECK((begin.prepare_lsn == lsn{0x1600000010} && begin.end_lsn == lsn{0x1600000020} && begin.prepared == one_second));
    CHECK((begin.xid == 770 && begin.gid == "gid"));
    for (const auto& each : {prepare, stream_prepare}) {
        CHECK((each.prepare_lsn == lsn{0x1600000010} && each.end_lsn == lsn{0x1600000020} && each.prepared == one_second));
        CHECK((each.xid == 770 && each.gid == "gid"));
    }
    CHECK((commit.commit_lsn == lsn{0x1600000010} && commit.end_lsn == lsn{0x1600000020} && commit.committed == one_second));
    CHECK((commit.xid == 770 && commit.gid == "gid"));
    CHECK((rollback.prepare_end_lsn == lsn{0x1600000010} && rollback.end_lsn == lsn{0x1600000020} && rollback.prepared == one_second));
    CHECK((rollback.rolled_back == postgres_epoch + 2s && rollback.xid == 770 && rollback.gid == "gid"));
}

TEST_CASE("pgoutput: within a stream each change has its subtransaction", "[change_stream]") {
    CHECK(decoded<pgoutput::stream_start>(bytes("'S' 00000302 01")).first);
    CHECK(!decoded<pgoutput::stream_start>(bytes("'S' 00000302 00")).first);
    CHECK(decoded<pgoutput::relation>(bytes(within[1]), true).xid == 771);
    CHECK(decoded<pgoutput::type>(bytes(within[2]), true).xid == 771);
    CHECK(decoded<pgoutput::insert>(bytes(within[3]), true).xid == 771);
    CHECK(decoded<pgoutput::update>(bytes(within[4]), true).xid == 771);
    CHECK(decoded<pgoutput::remove>(bytes(within[5]), true).xid == 771);
    CHECK(decoded<pgoutput::truncate>(bytes(within[6]), true).xid == 771);
    CHECK(decoded<pgoutput::logical_message>(bytes(within[7]), true).xid == 771);
}

TEST_CASE("pgoutput: behind a stream, and on a new connection, changes have none", "[change_stream]") {
    for (const bool new_connection : {false, true}) {
        pgoutput::decoder decoder;
        REQUIRE(decoder.decode(bytes("'S' 00000302 01")).has_value());
        if (new_connection)
            decoder.restart();
        else
            REQUIRE(decoder.decode("E").has_value());

        const auto read = decoder.decode(bytes(outside[5]));

        REQUIRE(read.has_value());
        CHECK(std::get<pgoutput::insert>(*read).relation == 0x4001);
    }
}

TEST_CASE("pgoutput: a message cut anywhere, or with a byte more, is malformed", "[change_stream]") {
    const auto check = [](const char* written, bool in_stream) {
        const std::string whole = bytes(written);
        for (std::size_t length = 0; length <= whole.size() + 1; ++length) {
            pgoutput::decoder decoder;
            if (in_stream) REQUIRE(decoder.decode(bytes("'S' 00000302 01")).has_value());
            INFO(written << " with " << length << " bytes of " << whole.size());
            CHECK(decoder.decode(std::string(whole + '\0').substr(0, length)).has_value() == (length == whole.size()));
        }
    };
    for (const char* written : outside) check(written, false);
    for (const char* written : within) check(written, true);
}

TEST_CASE("pgoutput: what is malformed is said with its place", "[change_stream]") {
    CHECK(problem("") == "the message ends too soon at byte 0 of a change stream message");
    CHECK(problem("'Z'") == "an unknown type of message at byte 0 of a change stream message");
    CHECK(problem("'C' 01 0000001600000010 0000001600000020 00000000000F4240") ==
          "flags that are not known at byte 1 of the change stream message Commit");
    CHECK(problem("'I' 00004001 'X' 0000") == "no new row at byte 5 of the change stream message Insert");
    CHECK(problem("'I' 00004001 'N' 0001 'x'") == "an unknown kind of column value at byte 8 of the change stream message Insert");
    CHECK(problem("'I' 00004001 'N' 0001 't' FFFFFFFF 'a'") == "the message ends too soon at byte 13 of the change stream message Insert");
    CHECK(problem("'U' 00004001 'K' 0000 'O' 0000") == "no new row at byte 8 of the change stream message Update");
    CHECK(problem("'D' 00004001 'N' 0000") == "no old row at byte 5 of the change stream message Delete");
    CHECK(problem("'R' 00004001 00 'x' 00 'q' 0000") == "an unknown replica identity at byte 8 of the change stream message Relation");
    CHECK(problem("'R' 00004001 00 'x' 00 'd' 0001 02 'c' 00 00000014 FFFFFFFF") ==
          "flags of a column that are not known at byte 11 of the change stream message Relation");
    CHECK(problem("'R' 00004001 00 'x'") == "a text without end at byte 6 of the change stream message Relation");
    CHECK(problem("'T' FFFFFFFF 00 00004001") == "the message ends too soon at byte 10 of the change stream message Truncate");
    CHECK(problem("'T' 00000001 04 00004001") == "options of TRUNCATE that are not known at byte 5 of the change stream message Truncate");
    CHECK(problem("'B' 0000001600000010 7FFFFFFFFFFFFFFF 00000302") ==
          "a time that no clock shows at byte 9 of the change stream message Begin");
}

TEST_CASE("pgoutput: messages that cannot be where they are are malformed", "[change_stream]") {
    for (const std::size_t i : {0U, 1U, 13U, 14U, 15U, 16U, 17U, 18U, 19U, 20U}) {
        INFO(outside[i]);
        CHECK_THAT(problem(outside[i], true), Catch::StartsWith("a message that cannot be within a stream at byte 0"));
    }
    CHECK_THAT(problem("'E'"), Catch::StartsWith("a message that can only be within a stream at byte 0"));
}
