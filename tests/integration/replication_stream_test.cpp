// What the change stream brings over a connection of a real PostgreSQL.
#include "tests/integration/replication_stream_fixture.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <thread>

using namespace respgres;
using namespace respgres::tests;
using namespace std::chrono_literals;

TEST_CASE("replication stream: the transactions of many clients arrive whole, once, in the order of their commits", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    constexpr int clients = 6;
    constexpr int each = 40;
    std::vector<std::thread> writers;
    for (int client = 0; client < clients; ++client)
        writers.emplace_back([&server, client] {
            sql_session session(server.url());
            for (int i = 0; i < each; ++i) {
                const std::string id = std::to_string(client * 1'000 + i);
                session.run("BEGIN; INSERT INTO bets VALUES (" + id + "); INSERT INTO events VALUES (" + id + "); COMMIT");
            }
        });
    reader.require_transactions(clients * each);
    for (auto& writer : writers) writer.join();

    CHECK(reader.taken.size() == clients * each);
    CHECK(std::is_sorted(reader.taken.begin(), reader.taken.end(), [](const auto& a, const auto& b) { return a.end_lsn < b.end_lsn; }));
    CHECK(reader.ids("bets") == reader.ids("events"));
    std::set<std::string> all;
    std::map<int, int> last;
    bool in_order = true;
    for (const auto& one : reader.taken) {
        REQUIRE(one.changes.size() == 2);
        const std::string id(one.changes[0].new_value(0).bytes);
        all.insert(id);
        const int number = std::stoi(id);
        const int client = number / 1'000;
        in_order = in_order && (last.count(client) == 0 || last[client] < number);
        last[client] = number;
    }
    CHECK(all.size() == clients * each);
    CHECK(in_order);
    CHECK(reader.stream.position() >= reader.taken.back().end_lsn);
}

TEST_CASE("replication stream: a large transaction is streamed while it runs, and another that ends before it comes first",
          "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    sql_session large(server.url());
    large.run("BEGIN; INSERT INTO bets SELECT i FROM generate_series(1, 5000) i");
    server.execute("INSERT INTO bets VALUES (-1)");
    reader.require_transactions(1);
    large.run("INSERT INTO bets SELECT i FROM generate_series(5001, 6000) i; COMMIT");
    reader.require_transactions(2);

    CHECK(server.execute("SELECT stream_txns > 0 FROM pg_stat_replication_slots")[0][0] == "t");
    REQUIRE(reader.taken.size() == 2);
    CHECK(reader.taken[0].changes.size() == 1);
    CHECK(reader.taken[1].changes.size() == 6'000);
    CHECK(reader.taken[1].changes[5'999].new_value(0).bytes == "6000");
}

TEST_CASE("replication stream: TRUNCATE and what a savepoint rolled back", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute(
        "BEGIN; INSERT INTO bets VALUES (1); SAVEPOINT a; INSERT INTO bets VALUES (2); ROLLBACK TO a; INSERT INTO bets VALUES (3); COMMIT");
    server.execute("BEGIN; INSERT INTO bets VALUES (4); ROLLBACK");
    server.execute("TRUNCATE bets, events");
    reader.require_transactions(2);

    CHECK(reader.ids() == "1,3");
    REQUIRE(reader.taken.size() == 2);
    CHECK(reader.taken[1].wide.size() == 2);
}

TEST_CASE("replication stream: take() keeps to its number, and the rest comes at once", "[change_stream]") {
    stream_server server;
    for (int i = 1; i <= 20; ++i) server.execute("INSERT INTO bets VALUES (" + std::to_string(i) + ")");
    stream_reader reader(server.url());
    reader.require_start();
    std::vector<change_stream::transaction> few;
    while (few.empty()) {
        reader.run(reader.stream.wait(soon()));
        REQUIRE(reader.stream.take(few, 3).has_value());
    }
    REQUIRE(reader.stream.position() >= few.back().end_lsn);
    while (few.size() < 20) {
        const std::size_t before = few.size();
        CHECK(reader.run(reader.stream.wait(soon())) == postgres::stream_news::input);
        const auto more = reader.stream.take(few, 3);
        REQUIRE(more.has_value());
        CHECK(few.size() <= before + 3);
        CHECK((*more || few.size() < before + 3));
    }
    CHECK(few.size() == 20);
}

TEST_CASE("replication stream: a wait ends by its limit, by wake() and by close()", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    CHECK(reader.run(reader.stream.wait(soon())) == postgres::stream_news::closed);
    reader.require_start();
    reader.require_until([&] { return reader.stream.position() >= change_stream::without_page_header(server.inserted()); });
    CHECK(reader.run(reader.stream.wait(steady::now() - 1s)) == postgres::stream_news::time_limit);
    reader.stream.wake();
    CHECK(reader.run(reader.stream.wait(soon())) == postgres::stream_news::woken);
    boost::asio::post(reader.context, [&] { reader.stream.close(); });
    CHECK(reader.run(reader.stream.wait(soon())) == postgres::stream_news::closed);
    CHECK_FALSE(reader.stream.is_streaming());
    CHECK(reader.stream.send_status({}, true).has_error());
}

TEST_CASE("replication stream: what comes during a rest does not end it and is there afterwards", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    CHECK(reader.run(reader.stream.rest(soon())) == postgres::stream_news::closed);
    reader.require_start();

    server.execute("INSERT INTO bets VALUES (1)");
    const auto until = steady::now() + 300ms;
    CHECK(reader.run(reader.stream.rest(until)) == postgres::stream_news::time_limit);
    CHECK(steady::now() >= until);
    std::vector<change_stream::transaction> taken;
    REQUIRE(reader.stream.take(taken, 10).has_value());
    CHECK(taken.size() == 1);

    server.execute("INSERT INTO bets VALUES (2)");   // a wait sees the socket again
    reader.require_transactions(1);
}

TEST_CASE("replication stream: a rest ends by wake() and by close()", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();

    boost::asio::post(reader.context, [&] { reader.stream.wake(); });
    CHECK(reader.run(reader.stream.rest(soon())) == postgres::stream_news::woken);
    boost::asio::post(reader.context, [&] { reader.stream.close(); });
    CHECK(reader.run(reader.stream.rest(soon())) == postgres::stream_news::closed);
}

// Also of tables that are not published, and behind a page's header.
TEST_CASE("replication stream: on an idle server the position reaches the fence's once it is forced out", "[change_stream]") {
    // The WAL writer would flush by itself after 0.2 s.
    stream_server server({"wal_writer_delay = 10s", "synchronous_commit = off", "checkpoint_timeout = 1d"});
    server.execute("CREATE TABLE unpublished (id int); ALTER PUBLICATION p RENAME TO everything; CREATE PUBLICATION p FOR TABLE bets");
    stream_reader reader(server.url());
    reader.require_start();
    auto& question = reader.question();
    REQUIRE(reader.run(postgres::prepare_fence(question, soon())).has_value());
    for (int i = 0; i < 30; ++i) {
        server.execute(i % 3 == 0 ? "INSERT INTO unpublished VALUES (1); SELECT pg_switch_wal()" : "INSERT INTO unpublished VALUES (1)");
        const auto fence = reader.run(postgres::take_fence(question, soon()));
        REQUIRE(fence.has_value());
        REQUIRE(reader.run(postgres::force_flush(question, soon())).has_value());
        const lsn reached = change_stream::without_page_header(fence->inserted);
        reader.require_until([&] { return reader.stream.position() >= reached; });
    }
}

TEST_CASE("replication stream: the server is told what is flushed, and never less than before", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    reader.require_start();
    server.execute("INSERT INTO bets VALUES (1)");
    server.execute("INSERT INTO bets VALUES (2)");
    reader.require_transactions(2);
    reader.flushed = reader.taken[0].end_lsn;
    reader.require_until([&] { return server.confirmed() == reader.taken[0].end_lsn; });
    reader.flushed = {};
    CHECK(
        server.execute(
            "SELECT count(*) FROM pg_stat_replication WHERE flush_lsn < write_lsn AND application_name = 'respgres change stream'")[0][0] ==
        "1");
    reader.flushed = reader.taken[1].end_lsn;
    reader.require_until([&] { return server.confirmed() == reader.taken[1].end_lsn; });
    reader.flushed = reader.taken[0].end_lsn;
    const auto later = steady::now() + 100ms;
    reader.require_until([&] { return steady::now() > later; });
    CHECK(server.confirmed() == reader.taken[1].end_lsn);
}

TEST_CASE("replication stream: IDENTIFY_SYSTEM tells what the facts tell", "[change_stream]") {
    stream_server server;
    stream_reader reader(server.url());
    REQUIRE(reader.run(reader.stream.open(soon())).has_value());
    const auto identity = reader.run(reader.stream.identify(soon()));
    const auto facts = reader.run(postgres::read_slot_facts(reader.question(), "s", "p", soon()));
    REQUIRE(identity.has_value());
    REQUIRE(facts.has_value());
    CHECK(identity->system_identifier == facts->server.system_identifier);
    CHECK(identity->system_identifier != 0);
    CHECK(identity->timeline == 1);
    CHECK(identity->flushed <= server.inserted());
}

TEST_CASE("replication stream: over TLS, rows of all sizes arrive", "[change_stream]") {
    stream_server server;
    const auto data = server.execute("SHOW data_directory").at(0).at(0) + "/";
    server.execute("COPY (SELECT 1) TO PROGRAM 'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -out " + data +
                   "server.crt -keyout " + data + "server.key 2>/dev/null'");
    server.execute("ALTER SYSTEM SET ssl = on");
    server.execute("SELECT pg_reload_conf()");
    eventually("PostgreSQL speaks TLS", [&] { return server.execute("SHOW ssl").at(0).at(0) == "on"; });
    stream_reader reader(server.url() + "?sslmode=require");
    reader.require_start();
    const std::string is_encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = " + std::to_string(reader.stream.backend_pid());
    REQUIRE(server.execute(is_encrypted).at(0).at(0) == "t");

    std::vector<std::size_t> sizes;
    for (const std::size_t bytes : {100u, 5'000u, 8'000u, 9'000u, 16'384u, 20'000u, 100'000u, 3'000'000u}) {
        sizes.push_back(bytes);
        server.execute("INSERT INTO bets VALUES (" + std::to_string(bytes) + ", repeat('x', " + std::to_string(bytes) + "))");
        reader.require_transactions(sizes.size());
        CHECK(reader.taken.back().changes.at(0).new_value(1).bytes == std::string(bytes, 'x'));
    }
}

// No claim, a figure to look at: run it by name with -s.
TEST_CASE("replication stream: speed of reading one transaction of 100 000 rows", "[change_stream]") {
    stream_server server({"logical_decoding_work_mem = 64MB", "max_wal_size = 1GB"});
    server.execute("INSERT INTO bets SELECT i FROM generate_series(1, 100000) i");
    auto settings = stream_settings_for(server.url());
    stream_reader reader(settings);
    const auto began = steady::now();
    const auto used = std::clock();
    reader.require_start();
    reader.require_transactions(1);
    const double seconds = std::chrono::duration<double>(steady::now() - began).count();
    const double of_processor = static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC;

    CHECK(reader.taken[0].changes.size() == 100'000);
    WARN("100 000 rows in " << seconds << " s, of which this process computed " << of_processor << " s: " << 100'000 / seconds
                            << " rows/s, " << 100'000 / of_processor << " rows per second of processor");
}
