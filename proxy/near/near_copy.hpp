#pragma once

#include "proxy/near/near_cache.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::proxy {

// A copy of a reply that comes over the near cache's connection, until it is known whether it can be kept: the question for the key's time to live
// goes right behind, and what changes the key between the two is told between their replies.
class near_copy {
public:
    using time_point = near_cache::time_point;

    // The command is sent now.
    void begin(time_point now);
    // A part of its reply.
    void take(near_cache& near, std::string_view key, std::string_view bytes, bool complete);
    // Its connection broke.
    void forget() { may_be_kept_ = false; }

    // Once the reply has come: there is a value, and it is not too large.
    bool may_be_kept() const { return may_be_kept_; }
    // Keeps the reply for so long after the command was sent.
    void keep(near_cache& near, const mapping* source, std::string_view key, std::chrono::milliseconds lives) const;

    // Gives memory back, if it is much.
    void rest();

private:
    std::string bytes_;
    std::uint64_t stamp_ = 0;
    time_point asked_{};
    bool may_be_kept_ = false;
};

// The number that PTTL answered: -1 = the key does not expire; -2 = it is not there, or this is no number.
std::int64_t time_to_live_in(std::string_view reply);

}  // namespace respgres::proxy
