#include "proxy/sessions/error_replies.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

namespace {

using backends::errc;
using backends::failure;

constexpr std::array all_codes{errc::not_connected,    errc::connection_lost, errc::timed_out,    errc::too_many_waiting, errc::cancelled,
                               errc::result_too_large, errc::protocol_error,  errc::server_error, errc::invalid_parameter};
constexpr std::string_view server_words = "duplicate key value: card 4111-1111 of user bob at 10.0.0.7";

failure failed(errc code, std::string sqlstate = {}) {
    return {make_error_code(code), std::string(server_words), std::move(sqlstate)};
}

mapping bets() {
    mapping made;
    made.settings.name = "bets";
    made.settings.fill_timeout = conf::milliseconds(2000);
    return made;
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string prefix_of(const std::string& text) {
    return text.substr(0, text.find(' '));
}

}  // namespace

TEST_CASE("error_replies: a command that never left is told as not sent, for reads and for writes", "[proxy]") {
    for (const bool writes : {false, true}) {
        const std::string text = redis_failure_text(failed(errc::not_connected), writes);
        CHECK(prefix_of(text) == "UNAVAILABLE");
        CHECK(says(text, "was not sent"));
    }
}

TEST_CASE("error_replies: a write that may have reached Redis is told as uncertain, a read as safe to repeat", "[proxy]") {
    for (const errc code : {errc::connection_lost, errc::timed_out, errc::protocol_error}) {
        INFO(make_error_code(code).message());
        const std::string write = redis_failure_text(failed(code), true);
        CHECK(prefix_of(write) == "UNCERTAIN");
        CHECK(says(write, "may have taken effect"));
        CHECK_FALSE(says(write, "not sent"));
        const std::string read = redis_failure_text(failed(code), false);
        CHECK(prefix_of(read) == "UNAVAILABLE");
        CHECK(says(read, "nothing was changed"));
    }
    CHECK(says(redis_failure_text(failed(errc::timed_out), true), "did not answer in time"));
    CHECK(says(redis_failure_text(failed(errc::connection_lost), true), "connection to Redis was lost"));
}

TEST_CASE("error_replies: a failed fill names the mapping and the class of what went wrong", "[proxy]") {
    struct row {
        errc code;
        std::string_view prefix;
        std::string_view part;
    };
    constexpr std::array rows{
        row{errc::not_connected, "UNAVAILABLE", "PostgreSQL cannot be reached"},
        row{errc::connection_lost, "UNAVAILABLE", "PostgreSQL cannot be reached"},
        row{errc::cancelled, "UNAVAILABLE", "PostgreSQL cannot be reached"},
        row{errc::timed_out, "UNAVAILABLE", "fill_timeout = 2000ms"},
        row{errc::too_many_waiting, "OVERLOADED", "try again later"},
        row{errc::invalid_parameter, "ERR", "a capture does not convert"},
        row{errc::protocol_error, "ERR", "the query failed"},
        row{errc::server_error, "ERR", "the query failed"},
    };
    for (const row& expected : rows) {
        INFO(make_error_code(expected.code).message());
        const std::string text = fill_failure_text(bets(), failed(expected.code));
        CHECK(prefix_of(text) == expected.prefix);
        CHECK(says(text, "mapping 'bets'"));
        CHECK(says(text, expected.part));
    }
    CHECK(says(fill_failure_text(bets(), failed(errc::server_error, "42P01")), "(SQLSTATE 42P01)"));
    CHECK_FALSE(says(fill_failure_text(bets(), failed(errc::server_error)), "SQLSTATE"));
}

TEST_CASE("error_replies: our own words on a limit are told, they name the setting to change", "[proxy]") {
    const failure too_large{make_error_code(errc::result_too_large), "more than max_rows = 10 rows", {}};
    CHECK(fill_failure_text(bets(), too_large) == "ERR mapping 'bets': more than max_rows = 10 rows");
}

TEST_CASE("error_replies: no reply holds a server's words, of whatever code", "[proxy]") {
    for (const errc code : all_codes) {
        INFO(make_error_code(code).message());
        for (const bool writes : {false, true}) CHECK_FALSE(says(redis_failure_text(failed(code), writes), "4111"));
        // result_too_large is the proxy's own text: value_builder's, or the pool's constant one.
        if (code != errc::result_too_large) CHECK_FALSE(says(fill_failure_text(bets(), failed(code)), "4111"));
    }
}

TEST_CASE("error_replies: every reply begins with an error word in capitals, as clients parse it, and is one line", "[proxy]") {
    captures bad;
    bad.why = "capture 'id' is not an int8";
    std::vector<std::string> texts{invalid_capture_text("bet:x", bad), readonly_text("bet:1", bets()), contended_text(bets())};
    for (const errc code : all_codes) {
        texts.push_back(redis_failure_text(failed(code), true));
        texts.push_back(redis_failure_text(failed(code), false));
        texts.push_back(fill_failure_text(bets(), failed(code, "XX000")));
    }
    for (const std::string& text : texts) {
        INFO(text);
        const std::string word = prefix_of(text);
        CHECK(word.size() >= 3);
        CHECK(word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
        CHECK(text.find_first_of("\r\n") == std::string::npos);
    }
}

TEST_CASE("error_replies: a key is shown, a very long one is cut", "[proxy]") {
    captures bad;
    bad.why = "capture 'id' is not an int8";
    CHECK(invalid_capture_text("bet:x", bad) == "ERR key 'bet:x': capture 'id' is not an int8");
    CHECK(invalid_capture_text(std::string(128, 'k'), bad).find("...") == std::string::npos);
    const std::string cut = invalid_capture_text(std::string(1'000'000, 'k'), bad);
    CHECK(cut.size() < 200);
    CHECK(says(cut, "kkk..."));
    CHECK(readonly_text("bet:1", bets()) == "READONLY key 'bet:1' is filled from PostgreSQL by mapping 'bets'; DEL invalidates it");
}

}  // namespace respgres::proxy
