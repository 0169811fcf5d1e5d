#pragma once

#include "backends/redis/link.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace respgres::proxy {

// Numbered questions over one connection, whose replies tell what of the stream has been read: everything that Redis had sent when it answered. Not
// thread-safe: the link's worker.
class link_pulse final : public redis::receiver {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // The link must outlive its last reply.
    explicit link_pulse(redis::link& link) : link_(link) {}

    // Sends a question now and returns its number.
    std::uint64_t ask();
    // The same unless one of these is still unanswered; is_alive() goes by them.
    void ask_timed(time_point now);

    // All questions up to this number are answered, or were lost with their connection.
    std::uint64_t answered() const { return answered_; }
    // A question that was sent within `bound` before `now` has been answered, on the connection as it is.
    bool is_alive(time_point now, std::chrono::milliseconds bound) const {
        return now <= alive_at_ + bound && alive_on_ == link_.generation();
    }

    void on_reply(std::uint64_t number, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t number, const backends::failure& why) override;

private:
    redis::link& link_;
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t timed_ = 0;  // the number of the timed question that is unanswered; 0: none
    time_point timed_at_{};
    std::uint64_t timed_on_ = 0;  // the link's generation
    time_point alive_at_{};
    std::uint64_t alive_on_ = 0;
};

}  // namespace respgres::proxy
