#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/timestamp.hpp"
#include "backends/errors.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace respgres::change_stream {

// What a walsender sends within CopyData, and what it is told: "Streaming Replication Protocol" of PostgreSQL's documentation. Pure.

// One message of the output plugin. `payload` is a view into what was read.
struct wal_data {
    lsn start;
    lsn end;          // for logical replication: the same as `start`
    timestamp sent;
    std::string_view payload;
};

// Everything up to `end` was sent, also what concerns tables that are not published.
struct keepalive {
    lsn end;
    timestamp sent;
    bool reply_requested;   // else the server breaks the connection after wal_sender_timeout
};

using replication_message = std::variant<wal_data, keepalive>;

// Errors: protocol_error, with what is wrong at which byte.
backends::outcome<replication_message> read_replication_message(std::string_view copy_data);

// Where the receiver is. The server forgets what lies before `flushed`, and for a logical slot never sends it again.
struct standby_status {
    lsn written;
    lsn flushed;
    lsn applied;
    timestamp sent;
    bool reply_requested = false;   // the server answers at once with a keepalive
};

// The CopyData that tells it.
std::string write(const standby_status& status);

}  // namespace respgres::change_stream
