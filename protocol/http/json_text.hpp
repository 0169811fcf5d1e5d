#pragma once

#include <string>
#include <string_view>

namespace respgres::protocol {

// Appends `text` as a JSON string, quotes included. Control characters, quotes and backslashes are escaped; a byte that is not
// part of valid UTF-8 becomes U+FFFD, so that what is written is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace respgres::protocol
