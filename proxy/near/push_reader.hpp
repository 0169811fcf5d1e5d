#pragma once

#include <functional>
#include <string_view>

namespace respgres::proxy {

// What Redis tells a connection whose reads it tracks.
enum class push_kind : unsigned char {
    keys,   // these have changed
    all,    // whatever was read may have changed: FLUSHALL, or a push that is not understood
    other,  // nothing about keys
};

// Reads one whole RESP3 push and hands its keys to `visit`. Pure.
push_kind read_push(std::string_view message, const std::function<void(std::string_view key)>& visit);

}  // namespace respgres::proxy
