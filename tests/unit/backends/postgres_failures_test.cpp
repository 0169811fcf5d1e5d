#include "backends/postgres/failures.hpp"

#include <catch2/catch.hpp>

using namespace respgres::postgres;
using respgres::backends::errc;

TEST_CASE("failures: an SQLSTATE about a value is an invalid parameter", "[backends]") {
    for (const auto* state : {"22P02", "22003", "22007", "22008", "22021"}) CHECK(classify(state) == errc::invalid_parameter);
    CHECK(classify("22012") == errc::server_error);   // division by zero
}

TEST_CASE("failures: a cancelled query and a lock not granted in time are timeouts", "[backends]") {
    CHECK(classify("57014") == errc::timed_out);
    CHECK(classify("55P03") == errc::timed_out);
}

TEST_CASE("failures: a server that goes down, and all of class 08, are a lost connection", "[backends]") {
    for (const auto* state : {"57P01", "57P02", "57P03", "08006", "08003"}) CHECK(classify(state) == errc::connection_lost);
}

TEST_CASE("failures: everything else is the server's refusal", "[backends]") {
    for (const auto* state : {"42P01", "42601", "25006", "53200", "XX000", ""}) CHECK(classify(state) == errc::server_error);
}

TEST_CASE("failures: libpq's line end is cut off, and none within", "[backends]") {
    CHECK(without_line_end("FATAL:  no\nDETAIL:  because\n") == "FATAL:  no\nDETAIL:  because");
    CHECK(without_line_end("\n").empty());
}
