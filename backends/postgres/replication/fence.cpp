#include "backends/postgres/replication/fence.hpp"

#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/answer_cells.hpp"

#include <string_view>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

// The timeline is the first eight digits of a WAL file's name; pg_control_checkpoint() would tell that of the last checkpoint, which after a promotion is the old one.
// EXECUTE as a simple query: statement_timestamp() is when that message came. In the extended protocol it would be when Execute came, and the snapshot is Bind's.
constexpr const char* prepare_sql =
    "PREPARE respgres_fence AS SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint, pg_current_snapshot(), "
    "pg_current_wal_insert_lsn(), "
    "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";

constexpr const char* fence_sql = "EXECUTE respgres_fence";

// SET LOCAL holds for the one transaction that two statements in one message are. Without it a server with synchronous_commit = off would not flush, and one
// with synchronous standbys would wait for them.
constexpr const char* flush_sql = "SET LOCAL synchronous_commit = local; SELECT pg_logical_emit_message(true, 'respgres_flush', '')";

std::optional<std::uint32_t> parse_timeline(const std::string& digits) {
    std::uint32_t timeline = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), timeline, 16);
    if (digits.size() != 8 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return timeline;
}

}  // namespace

asio::awaitable<outcome<void>> prepare_fence(session& over, session::time_point limit) {
    const auto done = co_await over.query(prepare_sql, limit);
    if (done.has_error()) co_return done.error();
    co_return outcome<void>{};
}

asio::awaitable<outcome<fence>> take_fence(session& over, session::time_point limit) {
    const auto rows = co_await over.query(fence_sql, limit);
    if (rows.has_error()) co_return rows.error();
    fence taken;
    if (rows->size() == 1) {
        answer_cells cells(rows->front());
        taken.taken = change_stream::timestamp(std::chrono::microseconds(cells.number<std::int64_t>()));
        taken.seen = cells.parsed<change_stream::snapshot>(&change_stream::snapshot::parse);
        taken.inserted = cells.position();
        taken.timeline = cells.parsed<std::uint32_t>(&parse_timeline);
        if (cells.all_read()) co_return taken;
    }
    co_return make_failure(errc::protocol_error, "the server's answer to a fence is not understood");
}

asio::awaitable<outcome<void>> force_flush(session& over, session::time_point limit) {
    const auto done = co_await over.query(flush_sql, limit);
    if (done.has_error()) co_return done.error();
    co_return outcome<void>{};
}

}  // namespace respgres::postgres
