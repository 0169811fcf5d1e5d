#include "backends/postgres/connection_chooser.hpp"

namespace respgres::postgres {

bool connection_chooser::has_room() const {
    for (std::size_t i = 0; i < loads_.size(); ++i)
        if (loads_[i].now == connection_load::state::idle || has_place(i)) return true;
    return false;
}

std::optional<std::size_t> connection_chooser::last_used_idle() const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
        if (loads_[i].now != connection_load::state::idle) continue;
        if (!best || loads_[i].used > loads_[*best].used) best = i;
    }
    return best;
}

}  // namespace respgres::postgres
