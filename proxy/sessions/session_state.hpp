#pragma once

#include <chrono>

namespace respgres::proxy {

// What a client has beyond its socket and its replies while it is in a transaction, watches keys, blocks or subscribes. Owned by its session.
class session_state {
public:
    virtual ~session_state() = default;
    // The client sends nothing any more, or is gone: what would wait for ever must end. Replies that are due may still be given.
    virtual void on_client_gone() = 0;
    // A reply may not come for as long as the client likes to wait.
    virtual bool blocks() const = 0;
    // Called by the worker's clock.
    virtual void check_time_limit(std::chrono::steady_clock::time_point now) = 0;
    // It may send nothing for as long as it likes: it waits for something, or for messages.
    virtual bool may_idle() const = 0;
};

}  // namespace respgres::proxy
