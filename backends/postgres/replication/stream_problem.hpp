#pragma once

#include "backends/errors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::postgres {

// Why the change stream cannot be had, as far as somebody can do something about it.
enum class stream_cause : std::uint8_t {
    slot_in_use,           // another consumer reads it: somebody else leads. No fault
    slot_missing,
    slot_lost,  // the server threw away what the slot still had to read: it must be made anew. Also said of a physical one that never held WAL
    slot_exists,  // it cannot be created twice
    slot_unusable,  // of another database, another plugin, or physical
    publication_missing,  // seen only when the first change is decoded: look with read_slot_facts() before
    wal_level,  // not logical
    no_replication_right,
    no_free_walsender,  // max_wal_senders or max_connections
    no_free_slot,  // max_replication_slots
    standby,  // the server is a standby
    server_unavailable,  // it shuts down or starts
    login_refused,  // password, pg_hba.conf, no such role or database
    connection_lost,  // or none could be made
    timed_out,  // our own limit
    other,
};

// "slot_in_use" ..., for logs and metrics.
std::string_view to_string(stream_cause cause);

// What the sentences are to name; role and database may be empty.
struct stream_names {
    std::string slot;
    std::string publication;
    std::string role;
};

struct stream_problem {
    stream_cause cause = stream_cause::other;
    std::optional<int> pid;  // of the other consumer's server process, for slot_in_use, if it was told
    std::string sentence;  // for the operator: what is the matter, and the statement or setting that cures it; ends without a full stop
};

// What a failure of replication_stream, or of the functions of slot_commands.hpp, means. Pure: the SQLSTATE first, then the server's words (of PostgreSQL 13
// to 18, in English), which is all there is for a connection that was refused.
stream_problem problem_of(const backends::failure& why, const stream_names& names);

}  // namespace respgres::postgres
