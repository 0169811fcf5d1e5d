#include "backends/errors.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace respgres::backends;

TEST_CASE("errors: each code has a sentence of its own and is never zero", "[backends]") {
    std::set<std::string> sentences;

    for (int value = 1; value <= static_cast<int>(errc::invalid_parameter); ++value) {
        const auto code = make_error_code(static_cast<errc>(value));

        CHECK(code.failed());
        CHECK(code.message().back() == '.');
        CHECK(code.message().find("Unknown") == std::string::npos);
        sentences.insert(code.message());
    }
    CHECK(sentences.size() == static_cast<std::size_t>(errc::invalid_parameter));
    CHECK(category().message(99) == "Unknown error 99.");
}

TEST_CASE("errors: an outcome holds a value or a failure with the server's words", "[backends]") {
    const outcome<int> good = 7;
    const outcome<int> bad = failure{errc::server_error, "relation \"bets\" does not exist", "42P01"};

    CHECK(good.value() == 7);
    REQUIRE(bad.has_error());
    CHECK(bad.error().code == errc::server_error);
    CHECK(bad.error().sqlstate == "42P01");
}
