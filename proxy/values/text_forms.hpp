#pragma once

#include <string>
#include <string_view>

namespace respgres::proxy {

// PostgreSQL's text of a timestamp, in ISO 8601 as to_json writes it: "2026-11-22 18:55:00.5" becomes "2026-11-22T18:55:00.5",
// and an offset gets its minutes ("+00" becomes "+00:00"). "infinity" and a trailing " BC" stay. Needs DateStyle ISO.
void append_iso_timestamp(std::string& out, std::string_view text);
void append_iso_timestamptz(std::string& out, std::string_view text);

// The bytes that bytea's hex form ("\x00ff") stands for; any other text is appended as it is.
void append_bytea(std::string& out, std::string_view text);

}  // namespace respgres::proxy
