#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/postgres/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace respgres::postgres {

struct created_slot {
    change_stream::lsn consistent;   // the stream begins here
    // For SET TRANSACTION SNAPSHOT: what was committed before `consistent`. It can be taken up until the session that created the slot runs another command, is closed, or has
    // been idle for 10 s (our idle_in_transaction_session_timeout); a transaction that has taken it up keeps it.
    std::string snapshot;
};

// Over a session with `replication`: creates a slot of pgoutput, without two_phase. Needs REPLICATION.
//
// The server waits for every transaction that runs and has written something, before it answers; past the limit it gives up and nothing is left (see sessions_in_the_way()).
// Errors: as session::query(): 42710 it exists, 53400 no slot is free, 55000 wal_level, 42501; timed_out; protocol_error.
boost::asio::awaitable<outcome<created_slot>> create_slot(session& over, std::string name, session::time_point limit);

// Over an ordinary session. Needs REPLICATION. Errors: 42704 there is none, 55006 it is in use.
boost::asio::awaitable<outcome<void>> drop_slot(session& over, std::string name, session::time_point limit);

// Ends the server process `pid` if it is the one that reads the slot. False: it is not, any more. Needs to be of the same role, or pg_signal_backend. The process ends
// soon, not at once.
boost::asio::awaitable<outcome<bool>> end_consumer(session& over, std::string slot, int pid, session::time_point limit);

// A transaction that holds create_slot() up, or will.
struct running_transaction {
    int pid = 0;  // 0: prepared (PREPARE TRANSACTION), and nobody's
    std::string name;  // application_name, or the prepared transaction's
    std::string role;
    std::string age;  // since it began, as the server writes intervals; empty: the role of the session may not know it
};

// Over an ordinary session: every transaction that has written something and has not ended, the oldest first; at most ten. Any role may ask.
boost::asio::awaitable<outcome<std::vector<running_transaction>>> sessions_in_the_way(session& over, session::time_point limit);

}  // namespace respgres::postgres
