#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace respgres::change_stream {

// Logical replication tells nothing of DDL; an event trigger does, by pg_logical_emit_message(true, 'respgres_ddl', content). The content is the
// OIDs of the tables concerned, separated by spaces or commas.
inline constexpr std::string_view ddl_prefix = "respgres_ddl";

// Empty for any other content, which means that every table may be concerned.
std::vector<std::uint32_t> tables_of_ddl(std::string_view content);

}  // namespace respgres::change_stream
