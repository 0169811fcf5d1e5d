#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/postgres/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace respgres::postgres {

// What pg_replication_slots says of a slot.
struct slot_row {
    std::string plugin;       // empty for a physical slot, as is database
    std::string database;
    bool temporary = false;
    bool two_phase = false;   // prepared transactions come at PREPARE; we take that, but do not ask for it
    std::optional<int> active_pid;                   // of its consumer's server process
    std::optional<change_stream::lsn> restart;       // WAL from here on is kept; none: lost, or being made
    std::optional<change_stream::lsn> confirmed;     // what was committed before is never sent again
    std::string wal_status;  // "reserved", "extended", "unreserved" (about to be lost), "lost"; empty: being made
};

struct publication_row {
    bool all_tables = false;
    bool inserts = false;
    bool updates = false;
    bool deletes = false;
    bool truncates = false;

    bool is_whole() const { return inserts && updates && deletes && truncates; }
};

struct server_row {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;  // 0 on a standby
    int version = 0;  // 150008 is 15.8
    bool in_recovery = false;
    bool wal_is_logical = false;
    bool may_replicate = false;  // the role has REPLICATION or is a superuser
    std::string database;
    std::string role;
};

// Everything that decides whether and from where the change stream can be read, in one question.
struct slot_facts {
    server_row server;
    std::optional<slot_row> slot;  // nullopt: there is none of this name
    std::optional<publication_row> publication;  // nullopt: there is none of this name in the session's database
};

// Over an ordinary session. Any role may ask. Errors: as session::query(); protocol_error.
boost::asio::awaitable<outcome<slot_facts>> read_slot_facts(session& over, std::string slot, std::string publication,
                                                            session::time_point limit);

}  // namespace respgres::postgres
