#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::protocol {

// Splits an inline command (a line without its end) into words, as Redis' sdssplitargs does: white space separates, double quotes
// know \n \r \t \b \a \xHH and \<any>, single quotes know \', and a closing quote must be followed by white space or nothing.
// The line must not hold NUL bytes: Redis takes one for the end of the line and drops the rest, the caller refuses it.
//
// Words without quotes are views into `line`, the others into `storage`, whose content is replaced.
// False when quotes are unbalanced; `words` is then of no use.
bool split_inline(std::string_view line, std::vector<std::string_view>& words, std::string& storage);

// Whether a line that came to the RESP port is the request line or the Host header of an HTTP request.
bool looks_like_http(std::string_view line);

}  // namespace respgres::protocol
