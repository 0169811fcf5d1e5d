#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::protocol {

// A reply in RESP2: `head`, and behind it `rest`, which points into the reply that it was made of.
struct resp2_reply {
    std::string head;  // empty: both versions have the same bytes
    std::string_view rest;
};

// What RESP2 has in place of a whole RESP3 reply that is null, or a map, set or array whose elements are all bulk strings; others are as they were.
// Facts: https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
inline resp2_reply in_resp2(std::string_view reply) {
    if (reply == "_\r\n") return {"$-1\r\n", {}};
    if (reply.starts_with('~')) return {"*", reply.substr(1)};
    std::uint64_t pairs = 0;
    if (!reply.starts_with('%')) return {{}, reply};
    const auto [end, error] = std::from_chars(reply.data() + 1, reply.data() + reply.size(), pairs);
    if (error != std::errc()) return {{}, reply};
    return {"*" + std::to_string(2 * pairs), reply.substr(static_cast<std::size_t>(end - reply.data()))};
}

}  // namespace respgres::protocol
