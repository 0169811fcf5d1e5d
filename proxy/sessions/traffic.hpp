#pragma once

#include "conf/settings.hpp"
#include "protocol/resp/request_parser.hpp"
#include "proxy/sessions/reply_queue.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace respgres::proxy {

// What a session has only while bytes or commands of its client are under way: an open connection that nobody uses costs none of it.
struct traffic {
    using time_point = std::chrono::steady_clock::time_point;

    protocol::request_parser parser;
    std::string input;  // bytes of a command that is not whole yet, or that waits (paused)
    std::string output;
    std::size_t written = 0;  // of the output
    std::string pushed;       // waits for the reply that is leaving to end
    reply_queue replies;
    std::size_t bytes_under_way = 0;  // of the commands since replies was last empty
    time_point partial_since{};       // when the first byte of an incomplete command came; zero = none
    time_point blocked_since{};       // since when the client takes no more output; zero = it does

    bool is_over() const { return input.empty() && output.empty() && pushed.empty() && replies.empty() && parser.is_between_commands(); }
    std::size_t memory() const { return sizeof *this + input.capacity() + output.capacity() + replies.memory() + parser.memory(); }
};

// The limits of what a client may send.
protocol::request_limits limits_of(const conf::server_settings& settings);

// Lends them to the sessions of one worker. Not thread-safe.
class traffic_pool {
public:
    explicit traffic_pool(const protocol::request_limits& limits);

    // Its parser has these limits.
    std::unique_ptr<traffic> take() {
        if (free_.empty()) [[unlikely]]
            return make();
        auto taken = std::move(free_.back());
        free_.pop_back();
        return taken;
    }
    // Of one that is over, whose parser has the limits that it had.
    void give_back(std::unique_ptr<traffic> used) {
        if (free_.size() < most && used->memory() <= most_bytes) [[likely]]
            free_.push_back(std::move(used));
    }

    // For sessions that have none: as one in which nothing is under way. Must not be changed.
    traffic& nothing() { return nothing_; }

private:
    static constexpr std::size_t most = 1024;  // that wait for the next session
    static constexpr std::size_t most_bytes = 20 * 1024;  // of each

    std::unique_ptr<traffic> make() const;

    protocol::request_limits limits_;
    traffic nothing_;
    std::vector<std::unique_ptr<traffic>> free_;
};

}  // namespace respgres::proxy
