#pragma once

#include "bench/bookmaker/dataset.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace respgres::bookmaker {

// Rows in the text format of PostgreSQL's COPY, appended to a buffer. Pure.
// Text must be UTF-8 without zero bytes.
void append_escaped(std::string& out, std::string_view text);
void append_array(std::string& out, std::span<const std::string_view> elements);   // a text[] field
void append_cents(std::string& out, std::int64_t cents);                           // 1205 -> 12.05
void append_instant(std::string& out, instant when);                               // 2025-01-31 09:08:07.000042+00

// One line each, in the order of the columns in conf/betting.sql.
void append_row(std::string& out, const user& row);
void append_row(std::string& out, const event& row);
void append_row(std::string& out, const bet& row);
void append_row(std::string& out, const session& row);

}  // namespace respgres::bookmaker
