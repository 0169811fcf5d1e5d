#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/snapshot.hpp"
#include "backends/change_stream/timestamp.hpp"
#include "backends/postgres/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace respgres::postgres {

// What a primary has shown to everybody, in one question.
//
// `taken` lies before the other two: a transaction that was acknowledged to its writer before it is seen by `seen`, and its commit ends at or before `inserted`. (The server's
// statement_timestamp(): clock_timestamp() would be evaluated behind the snapshot, and a transaction acknowledged between the two would count as seen.)
struct fence {
    change_stream::timestamp taken;  // the server's clock
    change_stream::snapshot seen;
    change_stream::lsn inserted;  // as the server says it; a stream reaches without_page_header() of it
    std::uint32_t timeline = 0;
};

// Lets the server read and plan the question once: to be called once after session::open(), before take_fence(). Errors: as session::query().
boost::asio::awaitable<outcome<void>> prepare_fence(session& over, session::time_point limit);

// Over an ordinary session that is prepared. Any role may ask. Errors: as session::query(); 55000 "recovery is in progress" of a standby; protocol_error.
boost::asio::awaitable<outcome<fence>> take_fence(session& over, session::time_point limit);

// Lets the change stream reach the position that a fence told: of an idle server, what stands in the WAL behind the last commit is not flushed, and so not sent, until the
// WAL writer or a commit comes along. Commits an empty message (nothing else is written), without waiting for synchronous standbys. Any role may, also read-only.
boost::asio::awaitable<outcome<void>> force_flush(session& over, session::time_point limit);

}  // namespace respgres::postgres
