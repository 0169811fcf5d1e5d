#pragma once

#include <string_view>

namespace respgres::proxy {

// Whether `text` matches a pattern as Redis matches keys and channels: * ? [a-z] [^a-z] and \ before a letter that stands for itself; case counts, bytes
// are bytes. Takes at most pattern times text steps, whatever both hold.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace respgres::proxy
