#include "backends/postgres/replication/slot_facts.hpp"

#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/answer_cells.hpp"

#include <utility>
#include <vector>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

// A standby cannot tell its timeline this way, and would raise an error.
constexpr const char* facts_sql = R"(
SELECT (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN pg_is_in_recovery() THEN 0 ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint END,
       current_setting('server_version_num'), pg_is_in_recovery(), current_setting('wal_level') = 'logical',
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user), current_database(), current_user,
       s.slot_name IS NOT NULL, coalesce(s.plugin, ''), coalesce(s.database, ''), coalesce(s.temporary, false), coalesce(s.two_phase, false),
       s.active_pid, s.restart_lsn, s.confirmed_flush_lsn, coalesce(s.wal_status, ''),
       p.pubname IS NOT NULL, coalesce(p.puballtables, false), coalesce(p.pubinsert, false), coalesce(p.pubupdate, false),
       coalesce(p.pubdelete, false), coalesce(p.pubtruncate, false)
FROM (SELECT) AS one LEFT JOIN pg_replication_slots s ON s.slot_name = $1 LEFT JOIN pg_publication p ON p.pubname = $2)";

server_row read_server(answer_cells& cells) {
    server_row read;
    read.system_identifier = cells.number<std::uint64_t>();
    read.timeline = cells.number<std::uint32_t>();
    read.version = cells.number<int>();
    read.in_recovery = cells.boolean();
    read.wal_is_logical = cells.boolean();
    read.may_replicate = cells.boolean();
    read.database = cells.text();
    read.role = cells.text();
    return read;
}

std::optional<slot_row> read_slot(answer_cells& cells) {
    const bool exists = cells.boolean();
    slot_row read;
    read.plugin = cells.text();
    read.database = cells.text();
    read.temporary = cells.boolean();
    read.two_phase = cells.boolean();
    read.active_pid = cells.unless_null(&answer_cells::number<int>);
    read.restart = cells.unless_null(&answer_cells::position);
    read.confirmed = cells.unless_null(&answer_cells::position);
    read.wal_status = cells.text();
    return exists ? std::optional(std::move(read)) : std::nullopt;
}

std::optional<publication_row> read_publication(answer_cells& cells) {
    const bool exists = cells.boolean();
    publication_row read;
    read.all_tables = cells.boolean();
    read.inserts = cells.boolean();
    read.updates = cells.boolean();
    read.deletes = cells.boolean();
    read.truncates = cells.boolean();
    return exists ? std::optional(read) : std::nullopt;
}

}  // namespace

asio::awaitable<outcome<slot_facts>> read_slot_facts(session& over, std::string slot, std::string publication, session::time_point limit) {
    std::vector<std::string> names;
    names.push_back(std::move(slot));
    names.push_back(std::move(publication));
    const auto rows = co_await over.query(facts_sql, std::move(names), limit);
    if (rows.has_error()) co_return rows.error();
    slot_facts facts;
    if (rows->size() == 1) {
        answer_cells cells(rows->front());
        facts.server = read_server(cells);
        facts.slot = read_slot(cells);
        facts.publication = read_publication(cells);
        if (cells.all_read()) co_return facts;
    }
    co_return make_failure(errc::protocol_error, "the server's answer about the replication slot is not understood");
}

}  // namespace respgres::postgres
