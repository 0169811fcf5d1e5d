#pragma once

#include <string_view>

namespace respgres::postgres {

// Asks a session which history of PostgreSQL it speaks of: "SYSTEM.TIMELINE", the identifier that initdb chose and the timeline in 8 hexadecimal digits; empty on a
// standby. Needs no right. The timeline is taken from the name of the log's file, since pg_control tells a promotion only with the next checkpoint.
inline constexpr std::string_view server_identity_sql =
    "SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE (SELECT system_identifier::text FROM pg_control_system()) || '.' || "
    "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END";

}  // namespace respgres::postgres
