// The messages around the change stream: what a walsender sends, and what it makes of our answers.
#include "backends/change_stream/pgoutput_decoder.hpp"
#include "backends/change_stream/replication_messages.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"

#include <libpq-fe.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

using namespace respgres::change_stream;

namespace {

// A replication connection that streams the slot "s" of publication "p".
class walsender {
public:
    explicit walsender(const std::string& url) : connection_(PQconnectdb((url + "?replication=database").c_str()), &PQfinish) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> started(
            PQexec(connection_.get(), "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '2', streaming 'on', publication_names 'p')"),
            &PQclear);
        if (PQresultStatus(started.get()) != PGRES_COPY_BOTH) FAIL(PQerrorMessage(connection_.get()));
    }

    // The next message; its payload stays until the next call.
    replication_message next() {
        char* buffer = nullptr;
        const int length = PQgetCopyData(connection_.get(), &buffer, 0);
        if (length < 0) FAIL(PQerrorMessage(connection_.get()));
        kept_.assign(buffer, static_cast<std::size_t>(length));
        PQfreemem(buffer);
        const auto read = read_replication_message(kept_);
        if (read.has_error()) FAIL(read.error().detail);
        return *read;
    }

    // The keepalive that answers a status update.
    keepalive ask(standby_status status) {
        status.reply_requested = true;
        const std::string bytes = write(status);
        REQUIRE(PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) == 1);
        REQUIRE(PQflush(connection_.get()) == 0);
        for (;;)
            if (const auto message = next(); std::holds_alternative<keepalive>(message)) return std::get<keepalive>(message);
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
    std::string kept_;
};

}  // namespace

TEST_CASE("walsender: sends data and keepalives that are understood, and understands what it is told", "[change_stream]") {
    respgres::tests::postgres_server server;
    server.execute("CREATE TABLE bets (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE bets");
    server.execute("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    server.execute("INSERT INTO bets VALUES (1)");
    walsender sender(server.url());

    pgoutput::decoder decoder;
    pgoutput::commit commit{};
    for (std::string kinds; kinds != "BRIC";) {
        const auto message = sender.next();
        const auto* data = std::get_if<wal_data>(&message);
        if (!data) continue;
        const auto decoded = decoder.decode(data->payload);
        REQUIRE(decoded.has_value());
        kinds += data->payload[0];
        REQUIRE(std::string("BRIC").starts_with(kinds));
        if (const auto* last = std::get_if<pgoutput::commit>(&*decoded)) commit = *last;
    }
    const keepalive answer = sender.ask({commit.end_lsn, commit.end_lsn, commit.end_lsn, postgres_epoch});

    CHECK(answer.end >= commit.end_lsn);
    CHECK(answer.sent >= commit.committed);
    CHECK(answer.sent - commit.committed < std::chrono::minutes(5));
    respgres::tests::eventually("the server knows how far we are", [&] {
        return server.execute("SELECT confirmed_flush_lsn FROM pg_replication_slots")[0][0] == to_string(commit.end_lsn);
    });
}

TEST_CASE("walsender: of a server whose last page is full a keepalive reaches the position without the next page's header",
          "[change_stream]") {
    respgres::tests::postgres_server server;
    server.execute("CREATE TABLE unpublished (id int); CREATE PUBLICATION p");
    server.execute("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    walsender sender(server.url());

    const auto rows = server.execute("INSERT INTO unpublished VALUES (1); SELECT pg_switch_wal(); SELECT pg_current_wal_insert_lsn()");
    const auto insert_position = parse_lsn(rows[0][0]);

    REQUIRE(insert_position);
    const lsn reached = without_page_header(*insert_position);
    CHECK(insert_position->value - reached.value == 40);
    CHECK_NOTHROW(respgres::tests::eventually("a keepalive reaches it", [&] { return sender.ask({}).end >= reached; }));
}
