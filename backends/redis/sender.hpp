#pragma once

#include "backends/redis/connection.hpp"

#include <cstdint>
#include <string_view>

namespace respgres::redis {

// What takes commands on their way to Redis: a link that many share, or a connection of somebody's own. Not thread-safe: one worker's.
class sender {
public:
    // Sends bytes that are `replies` whole commands; the receiver gets the replies with `token`. False: nothing was taken and the receiver is told
    // nothing; last_failure() says why.
    [[nodiscard]] virtual bool send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies = 1) = 0;
    virtual const backends::failure& last_failure() const = 0;

protected:
    ~sender() = default;
};

// For the replies of commands that the proxy adds of its own accord.
class ignoring_receiver final : public receiver {
public:
    void on_reply(std::uint64_t, std::string_view, bool) override {}
    void on_failure(std::uint64_t, const backends::failure&) override {}
};
inline ignoring_receiver nobody;

}  // namespace respgres::redis
