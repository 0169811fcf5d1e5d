#pragma once

#include <cstdint>

namespace respgres::proxy {

// Keeps a client's reads from the near cache from its own write on until the near cache knows all that Redis did up to the write's reply. One per client. Pure.
//
// It must hold whatever the command was and whichever connection it took, so it does not look at keys: once the write has its reply, a question is sent over
// the near cache's connection. Redis answers it behind every invalidation that the write has caused, so its reply tells that they have all come.
class write_fence {
public:
    // A command that may change keys begins.
    void on_write() { state_ = state::written; }

    // A read that the near cache could answer begins.
    bool is_clear() const { return state_ == state::clear; }
    // Behind the write's reply: `question` is the number of one that is sent now.
    void wait_for(std::uint64_t question) {
        question_ = question;
        state_ = state::waiting;
    }
    // Whether there is a write to which no question was sent yet.
    bool needs_question() const { return state_ == state::written; }
    // All questions up to that number are answered.
    void on_answered(std::uint64_t answered) {
        if (state_ == state::waiting && question_ <= answered) state_ = state::clear;
    }

private:
    enum class state : std::uint8_t { clear, written, waiting };

    std::uint64_t question_ = 0;
    state state_ = state::clear;
};

}  // namespace respgres::proxy
