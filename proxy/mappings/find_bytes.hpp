#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace respgres::proxy {

// The first occurrence of `needle` in `text` at or after `from`, npos for none. Linear in the worst case, which string_view::find is
// not: `text` comes from clients.
inline std::size_t find_bytes(std::string_view text, std::string_view needle, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    const void* found = ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
    if (!found) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace respgres::proxy
