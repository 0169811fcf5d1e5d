#pragma once

#include "backends/errors.hpp"

#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace respgres::postgres {

// What an SQLSTATE means to us. 57014 (query_canceled) is timed_out here: the caller, who knows whether the cancel was its own and why,
// overrules it.
backends::errc classify(std::string_view sqlstate);

// An error that the server reported: its message with position, detail and hint.
backends::failure failure_of(const PGresult* result);

// libpq's last words about the connection, with the line ends that it puts at their end cut off.
backends::failure connection_failure(backends::errc code, const PGconn* connection);

// PostgreSQL's messages end in a line end.
std::string_view without_line_end(std::string_view text);

// The time limit passed while it waited.
backends::failure too_late_to_send();

// What the caller of a query is told that was stopped because of `why`, and cancelled at the server.
backends::failure halted_failure(backends::errc why);

// The statement must be prepared again: "cached plan must not change result type" (a table was altered), or the server does not have it
// (a pooler between gave us another session, or somebody said DISCARD ALL).
bool is_stale(const backends::failure& error);

// By name, because g++ 12 must not see a braced aggregate beside co_await.
backends::failure make_failure(backends::errc code, std::string detail = {});

}  // namespace respgres::postgres
