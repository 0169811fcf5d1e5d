#pragma once

#include "protocol/resp/reply_writer.hpp"

#include <array>
#include <string>
#include <string_view>

namespace respgres::proxy {

// The bytes of a command on one key.
inline std::string command_on(std::string_view name, std::string_view key) {
    std::string out;
    const std::array<std::string_view, 2> words{name, key};
    protocol::append_command(out, words);
    return out;
}

}  // namespace respgres::proxy
