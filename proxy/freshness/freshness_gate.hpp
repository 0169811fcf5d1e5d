#pragma once

#include "backends/change_stream/lsn.hpp"
#include "proxy/freshness/server_clock.hpp"
#include "proxy/freshness/watermark.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Whether what one connection to Redis holds can be proved to lag behind PostgreSQL by no more than a bound: from the watermark that was read last on that very
// connection. Pure: time is a parameter. One per connection, on its worker's thread.
class freshness_gate {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // Why it is closed, for the answer to a client and for PROXY META.
    enum class state : std::uint8_t {
        open,
        unread,  // no watermark was read on this connection yet
        missing,  // there is none: no proxy leads, or Redis has lost it
        rebuilding,  // the keys are being dropped, since changes were missed
        other_server,  // the watermark is of another PostgreSQL than ours
        late,  // it is older than the bound
    };

    explicit freshness_gate(const shared_clock& clock) : clock_(clock) {}

    // The reply to GET of the watermark, which was asked for on the connection's `generation`: its text, empty if it is not there. `server`: the PostgreSQL that
    // this process speaks to ("SYSTEM.TIMELINE"), empty if it is not known.
    void on_watermark(std::string_view text, std::uint64_t generation, std::string_view server);
    // It could not be read.
    void on_failure() { state_ = state::unread; }

    // Whether a read that is sent now on the connection's `generation` sees all that was committed `bound` ago.
    bool is_open(time_point now, std::chrono::milliseconds bound, std::uint64_t generation) const {
        return state_ == state::open && generation == generation_ && now <= since_ + bound && since_ <= now;
    }
    // All that was committed before the position, see PROXY AFTER.
    bool has_reached(change_stream::lsn position) const { return state_ == state::open && position <= last_.position; }

    state why(time_point now, std::chrono::milliseconds bound, std::uint64_t generation) const;
    // How far the connection can lag behind at most; only while a watermark is known.
    std::chrono::nanoseconds age(time_point now) const { return now - since_; }
    const watermark& last() const { return last_; }
    std::uint64_t generation() const { return generation_; }

private:
    const shared_clock& clock_;
    state state_ = state::unread;
    std::uint64_t generation_ = 0;
    time_point since_{};  // the moment of ours up to which all is applied, at the earliest
    watermark last_;
};

std::string_view to_string(freshness_gate::state state);

}  // namespace respgres::proxy
