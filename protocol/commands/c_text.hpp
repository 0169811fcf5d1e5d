#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace respgres::protocol {

// What Redis' errors show of a word: it prints words as C strings, which end at a NUL byte, and often no more than `most` bytes of them.
inline std::string as_c_text(std::string_view word, std::size_t most = std::string_view::npos) {
    return std::string(word.substr(0, std::min(word.find('\0'), most)));
}

}  // namespace respgres::protocol
