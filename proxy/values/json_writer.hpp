#pragma once

#include "backends/postgres/column.hpp"

#include <string>
#include <string_view>

namespace respgres::proxy {

// Writes values that PostgreSQL sent as text, as its own to_json would write them. Everything is appended to one string.

// A JSON string: escaped as PostgreSQL's escape_json does (no more than JSON asks for; bytes above 0x7e pass).
void append_json_string(std::string& out, std::string_view text);

// Writes one value that is no array. Chosen once per column.
using json_scalar = void (*)(std::string& out, std::string_view text);
json_scalar json_scalar_for(const postgres::column& column);   // for an array: that of its elements

// An array's text form as a JSON array, nested for several dimensions. A literal that cannot be read (an array type with an output
// format of its own) becomes a JSON string.
void append_json_array(std::string& out, std::string_view literal, char delimiter, json_scalar element);

// All of the above for one value.
void append_json(std::string& out, const postgres::column& column, std::string_view text);

}  // namespace respgres::proxy
