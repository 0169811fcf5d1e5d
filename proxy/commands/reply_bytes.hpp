#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// Replies as bytes, for commands that take several exchanges with Redis.

// An error; `text` without the leading '-' and the line end.
std::string error_reply(std::string_view text);

// Of either protocol version.
bool is_nil(std::string_view reply);

// The elements of an array; empty when it is no array of `expected` elements.
std::vector<std::string> elements_of(std::string_view reply, std::size_t expected);

}  // namespace respgres::proxy
