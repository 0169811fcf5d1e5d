#pragma once

#include "proxy/lookups/command_route.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/plants.hpp"

#include <chrono>
#include <cstdint>

namespace respgres::proxy {

// What may become of Redis' answer for a mapped key.
enum class freshness_proof : std::uint8_t {
    given,    // it lags behind by no more than the mapping's bound, or nobody asks for a proof
    waived,   // nothing is proved, and the mapping lets it be served all the same
    missing,  // it must not be served
};

// Of what comes over the connection that `gate` belongs to, for a client that has seen all before `after` committed.
inline freshness_proof prove_freshness(const mapping& source, const link_gate& gate, change_stream::lsn after,
                                       std::chrono::steady_clock::time_point now) {
    if (!source.follows_changes || planted(plant::gate_ignored)) return freshness_proof::given;
    const bool contains = gate.has_reached(after) || planted(plant::after_ignored);
    if (contains && planted(plant::generation_ignored) && gate.about().is_open(now, source.bound, gate.about().generation()))
        return freshness_proof::given;
    if (contains && gate.is_open(now, source.bound)) return freshness_proof::given;
    return contains && source.settings.unproven == conf::unproven_read::serve ? freshness_proof::waived : freshness_proof::missing;
}

// Looked at right before Redis is asked over `route`.
inline freshness_proof prove_freshness(const mapping& source, const command_route& route) {
    if (!source.follows_changes) return freshness_proof::given;
    return prove_freshness(source, *route.gate, route.after, std::chrono::steady_clock::now());
}

// Why there is none, for the client.
inline std::string_view why_unproven(const mapping& source, const command_route& route) {
    const auto why = route.gate->why(std::chrono::steady_clock::now(), source.bound);
    return why == freshness_gate::state::open ? "PROXY AFTER asks for a later state" : to_string(why);
}

}  // namespace respgres::proxy
