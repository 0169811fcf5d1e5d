#include "backends/change_stream/transaction.hpp"
#include "tests/unit/backends/change_stream/assembling.hpp"

#include <catch2/catch.hpp>

using namespace respgres::change_stream;
using namespace respgres::tests;
using form = cell::form;

namespace {

change only_change(const transaction& made) {
    REQUIRE(made.changes.size() == 1);
    return made.changes.front();
}

change after(const pgoutput::message& message) {
    assembling a;
    return only_change(a.whole(770, described(), message));
}

}  // namespace

TEST_CASE("change: an insert has no old values", "[change_stream]") {
    const change made = after(pgoutput::insert{0, bets, cells({"1", "NULL", ""})});

    CHECK(made.what == change::kind::insert);
    CHECK(made.table->name == "bets");
    for (std::size_t column = 0; column < 3; ++column) CHECK(made.old_value(column).how == form::unknown);
    CHECK(made.new_value(0) == cell{form::text, "1"});
    CHECK(made.new_value(1) == cell{form::null, ""});
    CHECK(made.new_value(2) == cell{form::text, ""});
}

TEST_CASE("change: an update without an old row kept its identity, and the rest is not known", "[change_stream]") {
    const change made = after(pgoutput::update{0, bets, {}, cells({"1", "OPEN", "new"})});

    CHECK(made.what == change::kind::update);
    CHECK(made.old_value(0) == cell{form::text, "1"});
    CHECK(made.old_value(1) == cell{form::text, "OPEN"});
    CHECK(made.old_value(2).how == form::unknown);
    CHECK(made.new_value(2) == cell{form::text, "new"});
}

TEST_CASE("change: an old identity does not pass for a whole row", "[change_stream]") {
    const change made =
        after(pgoutput::update{0, bets, pgoutput::old_tuple{true, cells({"1", "OPEN", "NULL"})}, cells({"1", "SETTLED", "n"})});

    CHECK(made.old_value(1) == cell{form::text, "OPEN"});
    CHECK(made.new_value(1) == cell{form::text, "SETTLED"});
    CHECK(made.old_value(2).how == form::unknown);   // sent as null, and means nothing
}

TEST_CASE("change: a null in a whole old row is a null", "[change_stream]") {
    const change made = after(pgoutput::remove{0, bets, {false, cells({"1", "OPEN", "NULL"})}});

    CHECK(made.what == change::kind::remove);
    CHECK(made.old_value(2).how == form::null);
    CHECK(made.new_value(0).how == form::unknown);
}

TEST_CASE("change: a large value that is not sent again is the old one, where that is known", "[change_stream]") {
    const change full =
        after(pgoutput::update{0, bets, pgoutput::old_tuple{false, cells({"1", "OPEN", "large"})}, cells({"1", "OPEN", "UNCHANGED"})});
    const change plain = after(pgoutput::update{0, bets, {}, cells({"1", "UNCHANGED", "UNCHANGED"})});

    CHECK(full.new_value(2) == cell{form::text, "large"});
    CHECK(plain.new_value(2).how == form::unchanged);
    CHECK(!plain.old_value(1).is_known());
    CHECK(!plain.new_value(2).is_known());
}

TEST_CASE("change: binary values keep their bytes", "[change_stream]") {
    const std::string wire = bytes("'b' 00000002 0041 'n' 't' 00000001 '7'");
    const change made = after(pgoutput::insert{0, bets, {3, wire}});

    CHECK(made.new_value(0) == cell{form::binary, std::string_view("\0A", 2)});
    CHECK(made.new_value(2) == cell{form::text, "7"});
}
