#include "proxy/freshness/freshness_gate.hpp"

namespace respgres::proxy {

void freshness_gate::on_watermark(std::string_view text, std::uint64_t generation, std::string_view server) {
    generation_ = generation;
    if (text.empty()) {
        state_ = state::missing;
        return;
    }
    auto read = parse_watermark(text);
    if (!read) {
        state_ = state::missing;   // somebody else wrote there: the leader will notice, too
        return;
    }
    last_ = std::move(*read);
    const auto since = clock_.earliest(last_.time);
    if (last_.is_rebuilding()) {
        state_ = state::rebuilding;
    } else if (server != last_.server) {
        state_ = server.empty() ? state::unread : state::other_server;
    } else if (!since) {
        state_ = state::unread;
    } else {
        since_ = *since;
        state_ = state::open;
    }
}

freshness_gate::state freshness_gate::why(time_point now, std::chrono::milliseconds bound, std::uint64_t generation) const {
    if (state_ != state::open) return state_;
    if (generation != generation_) return state::unread;
    return is_open(now, bound, generation) ? state::open : state::late;
}

std::string_view to_string(freshness_gate::state state) {
    switch (state) {
        case freshness_gate::state::open: return "proved";
        case freshness_gate::state::unread:
            return "the watermark was not read yet on this connection to Redis, or PostgreSQL's clock is not known yet";
        case freshness_gate::state::missing: return "Redis holds no watermark: no proxy follows the change stream";
        case freshness_gate::state::rebuilding: return "changes were missed, and the keys are being dropped";
        case freshness_gate::state::other_server: return "the watermark is of another PostgreSQL server or timeline than this proxy's";
        case freshness_gate::state::late: return "the change stream lags behind";
    }
    return "unknown";
}

}  // namespace respgres::proxy
