#include "backends/postgres/replication/slot_commands.hpp"

#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/answer_cells.hpp"
#include "backends/postgres/replication/quoting.hpp"

#include <libpq-fe.h>

#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

constexpr int version_with_options = 150'000;   // since then options stand in brackets; the older form is obsolete

constexpr const char* in_the_way_sql = R"(
SELECT pid, name, role, coalesce(date_trunc('second', age)::text, '') FROM (
    SELECT pid, coalesce(application_name, '') AS name, coalesce(usename::text, '') AS role, clock_timestamp() - xact_start AS age, age(backend_xid) AS distance
    FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT 0, gid, owner::text, clock_timestamp() - prepared, age(transaction) FROM pg_prepared_xacts) AS running
ORDER BY distance DESC LIMIT 10)";

std::string create_command(const std::string& name, int server_version) {
    const std::string start = "CREATE_REPLICATION_SLOT " + quoted_name(name) + " LOGICAL pgoutput ";
    return start + (server_version >= version_with_options ? "(SNAPSHOT 'export')" : "EXPORT_SNAPSHOT");
}

failure not_understood(const char* what) {
    return make_failure(errc::protocol_error, std::string("the server's answer to ") + what + " is not understood");
}

}  // namespace

asio::awaitable<outcome<created_slot>> create_slot(session& over, std::string name, session::time_point limit) {
    const int version = over.is_open() ? PQserverVersion(over.native()) : 0;
    const auto rows = co_await over.query(create_command(name, version), limit);
    if (rows.has_error()) co_return rows.error();
    created_slot made;
    if (rows->size() == 1) {
        answer_cells cells(rows->front());
        cells.skip();   // its name
        made.consistent = cells.position();
        made.snapshot = cells.text();
        cells.skip();   // the plugin
        if (cells.all_read()) co_return made;
    }
    co_return not_understood("CREATE_REPLICATION_SLOT");
}

asio::awaitable<outcome<void>> drop_slot(session& over, std::string name, session::time_point limit) {
    std::vector<std::string> names;
    names.push_back(std::move(name));
    const auto done = co_await over.query("SELECT pg_drop_replication_slot($1)", std::move(names), limit);
    if (done.has_error()) co_return done.error();
    co_return outcome<void>{};
}

asio::awaitable<outcome<bool>> end_consumer(session& over, std::string slot, int pid, session::time_point limit) {
    std::vector<std::string> values;
    values.push_back(std::move(slot));
    values.push_back(std::to_string(pid));
    const auto rows = co_await over.query(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid = $2::int",
        std::move(values), limit);
    if (rows.has_error()) co_return rows.error();
    co_return !rows->empty() && rows->front().front() == "t";
}

asio::awaitable<outcome<std::vector<running_transaction>>> sessions_in_the_way(session& over, session::time_point limit) {
    const auto rows = co_await over.query(in_the_way_sql, limit);
    if (rows.has_error()) co_return rows.error();
    std::vector<running_transaction> all;
    for (const auto& row : *rows) {
        answer_cells cells(row);
        running_transaction& one = all.emplace_back();
        one.pid = cells.number<int>();
        one.name = cells.text();
        one.role = cells.text();
        one.age = cells.text();
        if (!cells.all_read()) co_return not_understood("a question about running transactions");
    }
    co_return all;
}

}  // namespace respgres::postgres
