#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace respgres::postgres {

// What one of a pool's connections is doing, as far as the choice goes.
struct connection_load {
    enum class state : std::uint8_t {
        busy,    // takes nothing: closed, or runs a query alone
        idle,
        shared,  // runs queries in a pipeline and takes more of the same kind
    };
    state now = state::busy;
    std::size_t in_flight = 0;   // of a shared one
    std::uint64_t used = 0;      // the larger, the later it was used
};

// Which connection the next waiting query goes to. Pure.
//
// An idle one first, and of these the one used last: its statements are prepared, its server process is warm. Quick queries also join a shared
// one with the fewest in flight below `depth`. When a query finds no place, the shared connection that will be idle first is kept
// from those that came later, until the query has got one: nobody is overtaken for ever.
class connection_chooser {
public:
    connection_chooser(std::size_t connections, std::size_t depth) : loads_(connections), depth_(depth) {}

    void set(std::size_t connection, connection_load load) { loads_[connection] = load; }

    // Before the waiting are offered anew, from the oldest on.
    void begin() { kept_.reset(); }
    // Whether anything can be chosen at all.
    bool has_room() const;

    // `is_quick`: it may share; `can_join(connection)`: also that one. Nothing: it has to wait.
    template <class Predicate>
    std::optional<std::size_t> choose(bool is_quick, Predicate can_join) {
        auto chosen = last_used_idle();
        if (!chosen && is_quick) chosen = emptiest([&](std::size_t i) { return has_place(i) && can_join(i); });
        if (!chosen && !kept_) kept_ = emptiest([](std::size_t) { return true; });
        return chosen;
    }

private:
    bool has_place(std::size_t connection) const {
        const auto& load = loads_[connection];
        return load.now == connection_load::state::shared && load.in_flight < depth_ && kept_ != connection;
    }

    std::optional<std::size_t> last_used_idle() const;

    template <class Predicate>
    std::optional<std::size_t> emptiest(Predicate suits) const {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < loads_.size(); ++i) {
            if (loads_[i].now != connection_load::state::shared || !suits(i)) continue;
            if (!best || loads_[i].in_flight < loads_[*best].in_flight) best = i;
        }
        return best;
    }

    std::vector<connection_load> loads_;
    std::size_t depth_;
    std::optional<std::size_t> kept_;  // for the oldest that found no place
};

}  // namespace respgres::postgres
