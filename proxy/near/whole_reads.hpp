#pragma once

#include "conf/settings.hpp"

#include <span>
#include <string_view>

namespace respgres::proxy {

// Whether the command reads all of a value of the shape: of each mapping the near cache keeps the replies to one such command. `name` is the table's, lower
// case; `words` are the command's, name and key first.
bool reads_whole(conf::shape shape, std::string_view name, std::span<const std::string_view> words);

}  // namespace respgres::proxy
