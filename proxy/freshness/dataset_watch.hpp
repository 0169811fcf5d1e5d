#pragma once

#include "backends/redis/link_set.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Notices when Redis is given other data while its connections stay open: DEBUG RELOAD, FLUSHALL, or a full synchronisation when an operator makes it another
// server's replica. Redis tells that to every connection with CLIENT TRACKING, whatever that has read, as `invalidate` without keys
// (documentation of CLIENT TRACKING; seen with 7.0: DEBUG RELOAD and REPLICAOF). It is a connection of its own, so the news may come a moment later
// than replies over others. Not thread-safe: the links' worker.
class dataset_watch final : public redis::message_listener {
public:
    enum class event : std::uint8_t {
        replaced,  // what was read before is true no more
        deaf,  // Redis does not let us watch; told with its reason, while it answers otherwise
    };
    using event_handler = std::function<void(event what, const std::string& why)>;

    // The references must outlive it, and it the links' last message.
    dataset_watch(redis::link_set& links, std::function<void()> on_replaced, event_handler on_event);

    void on_message(std::string_view bytes, bool complete) override;

private:
    std::function<void()> on_replaced_;
    event_handler on_event_;
    std::string message_;
};

}  // namespace respgres::proxy
