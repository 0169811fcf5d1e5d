#include "backends/postgres/session.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/post.hpp>

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::tests;
using backends::errc;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

struct opened {
    explicit opened(postgres::session_settings settings) : over(context.get_executor(), std::move(settings)) {
        const auto done = run_coroutine(context, over.open(steady_clock::now() + seconds(5)));
        if (done.has_error()) FAIL(done.error().detail);
    }

    backends::outcome<postgres::session::rows> ask(const std::string& sql, std::vector<std::string> parameters = {}) {
        return run_coroutine(context, over.query(sql, std::move(parameters), steady_clock::now() + seconds(5)));
    }

    boost::asio::io_context context{1};
    postgres::session over;
};

postgres::session_settings settings_for(const postgres_server& server) {
    postgres::session_settings settings;
    settings.url = server.url();
    return settings;
}

}  // namespace

TEST_CASE("session: rows, NULL, parameters and errors, after which it goes on", "[postgres]") {
    postgres_server server;
    opened connection(settings_for(server));
    const auto rows = connection.ask("SELECT $1::int + 1, NULL, ''", {"41"});
    REQUIRE(rows.has_value());
    CHECK(*rows == postgres::session::rows{{"42", std::nullopt, ""}});
    const auto wrong = connection.ask("SELECT 1/0");
    REQUIRE(wrong.has_error());
    CHECK(wrong.error().sqlstate == "22012");
    const auto last = connection.ask("SELECT 1; SELECT 2");
    CHECK(last.value() == postgres::session::rows{{"2"}});
    connection.over.close();
    CHECK(connection.ask("SELECT 1").error().code == errc::not_connected);
}

TEST_CASE("session: to close it ends an attempt to open it, and it can be opened again", "[postgres]") {
    boost::asio::io_context context{1};
    std::optional<postgres::session> over;
    fake_server silent([&](fake_server::socket& from) {
        std::string got;
        if (!fake_server::read_until(from, "user", got)) return;
        boost::asio::post(context, [&] { over->close(); });
        fake_server::read_until(from, "what never comes", got);
    });
    postgres::session_settings settings;
    settings.url = "postgresql://somebody@127.0.0.1:" + std::to_string(silent.port()) + "/db?sslmode=disable&gssencmode=disable";
    over.emplace(context.get_executor(), settings);

    for (int round = 0; round < 2; ++round) {
        const auto done = run_coroutine(context, over->open(steady_clock::now() + seconds(5)));
        REQUIRE(done.has_error());
        CHECK(done.error().code == errc::cancelled);
        CHECK_FALSE(over->is_open());
    }
}

TEST_CASE("session: it is read-only unless it is asked not to be", "[postgres]") {
    postgres_server server;
    auto settings = settings_for(server);
    CHECK(opened(settings).ask("CREATE TABLE t(i int)").error().sqlstate == "25006");
    settings.read_only = false;
    CHECK(opened(settings).ask("CREATE TABLE t(i int)").has_value());
}

TEST_CASE("session: a replication connection takes replication commands and statements", "[postgres]") {
    postgres_server server;
    auto settings = settings_for(server);
    settings.replication = true;
    settings.name = "respgres-test";
    opened connection(settings);
    const auto system = connection.ask("IDENTIFY_SYSTEM");
    REQUIRE(system.has_value());
    CHECK(system->at(0).at(1) == "1");
    CHECK(connection.ask("SELECT current_setting('application_name')").value() == postgres::session::rows{{"respgres-test"}});
}
