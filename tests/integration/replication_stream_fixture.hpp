#pragma once

#include "backends/postgres/replication/fence.hpp"
#include "backends/postgres/replication/replication_stream.hpp"
#include "backends/postgres/replication/slot_facts.hpp"
#include "backends/postgres/replication/stream_problem.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <libpq-fe.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respgres::tests {

using change_stream::lsn;
using postgres::replication_stream;
using postgres::stream_cause;
using steady = std::chrono::steady_clock;

inline steady::time_point soon() {
    return steady::now() + std::chrono::seconds(8);
}

// A session that stays open between statements.
class sql_session {
public:
    explicit sql_session(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {}

    void run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> done(PQexec(connection_.get(), sql.c_str()), &PQclear);
        const auto status = PQresultStatus(done.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw std::runtime_error(sql + ": " + PQresultErrorMessage(done.get()));
    }

    int pid() const { return PQbackendPID(connection_.get()); }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// A PostgreSQL with the tables bets and events, a publication "p" of all tables and a slot "s".
inline std::vector<std::string> with_defaults(std::vector<std::string> settings) {
    settings.insert(settings.begin(), {"synchronous_commit = on", "logical_decoding_work_mem = 64kB"});
    return settings;
}

struct stream_server : postgres_server {
    explicit stream_server(std::vector<std::string> settings = {}) : postgres_server(with_defaults(std::move(settings))) {
        execute(
            "CREATE TABLE bets (id int PRIMARY KEY, status text NOT NULL DEFAULT 'OPEN'); CREATE TABLE events (id int PRIMARY KEY); "
            "CREATE PUBLICATION p FOR ALL TABLES");
        execute("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    }

    lsn confirmed() { return read_lsn("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 's'"); }
    lsn inserted() { return read_lsn("SELECT pg_current_wal_insert_lsn()"); }
    lsn read_lsn(std::string_view sql) { return change_stream::parse_lsn(execute(sql)[0][0]).value(); }
    bool slot_is_active() { return execute("SELECT active FROM pg_replication_slots WHERE slot_name = 's'")[0][0] == "t"; }
};

// With a time limit of the server's that a busy machine keeps; tests of that limit set their own.
inline postgres::stream_settings stream_settings_for(const std::string& url) {
    postgres::stream_settings settings;
    settings.url = url;
    settings.slot = "s";
    settings.publication = "p";
    settings.server_timeout = std::chrono::seconds(30);
    return settings;
}

// A stream and an ordinary session on a loop of their own, driven one call at a time.
struct stream_reader {
    explicit stream_reader(const std::string& url) : stream_reader(stream_settings_for(url)) {}
    explicit stream_reader(const postgres::stream_settings& settings)
        : stream(context.get_executor(), settings), ordinary(context.get_executor(), session_for(settings)) {}

    // Opens and starts at `from`.
    backends::outcome<void> start(lsn from = {}) {
        const auto opened = run(stream.open(soon()));
        return opened.has_error() ? opened : run(stream.start(from, soon()));
    }
    void require_start(lsn from = {}) {
        const auto started = start(from);
        if (started.has_error()) FAIL(started.error().detail);
    }

    // Reads, asking for keepalives, until `done` or an error.
    backends::outcome<void> read_until(std::function<bool()> done) { return run(read(std::move(done))); }
    void require_until(std::function<bool()> done) {
        const auto read = read_until(std::move(done));
        if (read.has_error()) FAIL(read.error().detail);
    }
    void require_transactions(std::size_t count) {
        require_until([this, count] { return taken.size() >= count; });
    }
    // What ends the stream.
    backends::failure failure_of_reading() {
        const auto read = read_until([] { return false; });
        return read.error();
    }

    postgres::session& question() {
        if (!ordinary.is_open() && run(ordinary.open(soon())).has_error()) FAIL("no ordinary session");
        return ordinary;
    }

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        return run_coroutine(context, std::move(work));
    }

    // "1,2|3": the ids of the rows in `taken` of table `name`, a bar between transactions that have any.
    std::string ids(std::string_view name = "bets") const {
        std::string all;
        for (const auto& each : taken) {
            std::string inner;
            for (const auto& change : each.changes)
                if (change.table->name == name) inner += (inner.empty() ? "" : ",") + std::string(change.new_value(0).bytes);
            if (!inner.empty()) all += (all.empty() ? "" : "|") + inner;
        }
        return all;
    }

    boost::asio::io_context context{1};
    replication_stream stream;
    postgres::session ordinary;
    std::vector<change_stream::transaction> taken;
    lsn flushed;   // what is told to the server

private:
    static postgres::session_settings session_for(const postgres::stream_settings& from) {
        postgres::session_settings made;
        made.url = from.url;
        return made;
    }

    boost::asio::awaitable<backends::outcome<void>> read(std::function<bool()> done) {
        while (!done()) {
            const auto told = stream.send_status(flushed, true);
            if (told.has_error()) co_return told.error();
            const auto until = steady::now() + std::chrono::milliseconds(25);
            co_await stream.wait(until);
            const auto more = stream.take(taken, 500);
            if (more.has_error()) co_return more.error();
        }
        co_return backends::outcome<void>{};
    }
};

inline const postgres::stream_names names_here{"s", "p", "app"};

// "slot_in_use" ...
inline std::string_view cause_of(const backends::failure& why) {
    return to_string(postgres::problem_of(why, names_here).cause);
}

}  // namespace respgres::tests
