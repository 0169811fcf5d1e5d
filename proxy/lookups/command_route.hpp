#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/redis/sender.hpp"
#include "proxy/freshness/link_gate.hpp"
#include "proxy/near/near_cache.hpp"

#include <cstdint>
#include <string_view>

namespace respgres::proxy {

// The way of one client's command to Redis; as long as the command is under way.
struct command_route {
    redis::sender* to = nullptr;
    // Redis remembers what the client reads and tells it of each change: questions of our own go this way instead. Null = its reads are not tracked.
    redis::sender* aside = nullptr;
    // A command of ours that goes right before, each time that it is sent; static memory.
    std::string_view before = {};
    // Only Redis knows what the client may read: nobody answers in its stead.
    bool only_redis_may_answer = false;
    const link_gate* gate = nullptr;  // whether what Redis holds is fresh
    change_stream::lsn after = {};  // what the client has seen committed, see PROXY AFTER; 0: nothing
    near_cache* near = nullptr;  // the read goes over its connection, so that it can keep the reply; null: it does not

    bool is_tracked() const { return aside != nullptr; }

    [[nodiscard]] bool send(std::string_view commands, redis::receiver& receiver, std::uint64_t token, std::uint32_t replies = 1) const {
        if (!before.empty() && !to->send(before, redis::nobody, 0)) [[unlikely]]
            return false;
        return to->send(commands, receiver, token, replies);
    }
};

}  // namespace respgres::proxy
