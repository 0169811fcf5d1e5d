#include "backends/postgres/connect_parameters.hpp"
#include "backends/postgres/host_list.hpp"

#include <catch2/catch.hpp>

using namespace respgres::postgres;
using namespace std::chrono_literals;

namespace {

outcome<connect_parameters> parse(std::string url, std::string password = {}) {
    pool_settings settings;
    settings.url = std::move(url);
    settings.password = std::move(password);
    return connect_parameters::parse(settings);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("connect_parameters: takes a URL apart and adds what the user left open", "[backends]") {
    const auto parameters = parse("postgresql://app:secret@db.example:5433/betting?application_name=mine").value();

    CHECK(parameters.get("host") == "db.example");
    CHECK(parameters.get("port") == "5433");
    CHECK(parameters.get("user") == "app");
    CHECK(parameters.get("dbname") == "betting");
    CHECK(parameters.get("password") == "secret");
    CHECK(parameters.get("application_name") == "mine");
    CHECK(parameters.get("client_encoding") == "UTF8");
    CHECK(parameters.get("tcp_user_timeout") == "2000");
}

TEST_CASE("connect_parameters: takes libpq's keyword form, and the password of the settings comes first", "[backends]") {
    const auto parameters = parse("host=/run/postgresql dbname=betting password=old", "new").value();

    CHECK(parameters.get("host") == "/run/postgresql");
    CHECK(parameters.get("password") == "new");
    CHECK(parameters.get("application_name") == "respgres");
    CHECK(parameters.keywords().back() == nullptr);
    CHECK(parameters.values().back() == nullptr);
}

TEST_CASE("connect_parameters: the words about a bad URL name the mistake but never show a password", "[backends]") {
    const auto option = parse("postgresql://app:secret@db/betting?colour=blue");
    REQUIRE(option.has_error());
    CHECK(contains(option.error().detail, "colour"));

    for (const auto* url : {"postgresql://app:se%zzcret@db/betting", "host=db password=se cret", "postgresql://app:se%00cret@db/betting"}) {
        const auto bad = parse(url);
        REQUIRE(bad.has_error());
        CHECK(contains(bad.error().detail, "the PostgreSQL URL is not valid"));
        CHECK_FALSE(contains(bad.error().detail, "cret"));
    }
}

TEST_CASE("connect_parameters: time limits at the server are set only when asked for and not set by the user", "[backends]") {
    pool_settings settings;
    settings.url = "postgresql://db/betting";
    CHECK_FALSE(contains(connect_parameters::parse(settings)->session_sql(), "statement_timeout"));

    settings.statement_timeout = 3s;
    CHECK(contains(connect_parameters::parse(settings)->session_sql(), "SET statement_timeout = 3000;"));
    CHECK(contains(connect_parameters::parse(settings)->session_sql(), "SET lock_timeout = 1500;"));

    settings.url += "?options=-c%20statement_timeout%3D5s";
    CHECK_FALSE(contains(connect_parameters::parse(settings)->session_sql(), "SET statement_timeout"));
    CHECK(contains(connect_parameters::parse(settings)->session_sql(), "SET default_transaction_read_only = on;"));
}

TEST_CASE("host_list: addresses, sockets and hosts with an address of the user's need no lookup", "[backends]") {
    for (const auto* url : {"postgresql://127.0.0.1/b", "postgresql://[::1]/b", "host=/run/postgresql", "host=@abstract", "dbname=b",
                            "host=db.example hostaddr=10.0.0.1"})
        CHECK_FALSE(host_list::of(parse(url).value()));
}

TEST_CASE("host_list: a name with two addresses becomes two entries, each with its port", "[backends]") {
    auto parameters = parse("postgresql://first:1111,10.0.0.9:2222,second:3333/b").value();
    auto hosts = host_list::of(parameters);
    REQUIRE(hosts);
    REQUIRE(hosts->entries.size() == 3);
    CHECK(hosts->entries[0].is_name);
    CHECK_FALSE(hosts->entries[1].is_name);

    hosts->entries[0].addresses = {"10.0.0.1", "::1"};
    CHECK(hosts->write_to(parameters));   // `second` was not found

    CHECK(parameters.get("host") == "first,first,10.0.0.9");
    CHECK(parameters.get("hostaddr") == "10.0.0.1,::1,");
    CHECK(parameters.get("port") == "1111,1111,2222");
}

TEST_CASE("host_list: nothing is written when no name was found", "[backends]") {
    auto parameters = parse("postgresql://nowhere/b").value();

    CHECK_FALSE(host_list::of(parameters)->write_to(parameters));
    CHECK(parameters.get("hostaddr").empty());
}
