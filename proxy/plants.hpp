#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace respgres::proxy {

// Bugs planted on purpose, to show that the history checker finds them (tests/consistency). They exist only in a build with the CMake option
// RESPGRES_PLANTS; there the environment variable RESPGRES_PLANT names the one that is switched on. Elsewhere planted() is a constant
// false, and the compiler drops what stands behind it. Never a switch for users.
enum class plant : std::uint8_t {
    none,
    // Fills and clients' invalidations.
    value_before_token,  // the value is dropped first, the lease in a second step
    token_kept,  // an invalidation leaves the lease alone
    fixed_token,  // every lease has the same token
    lease_not_checked,  // a value is stored whether or not its lease is still there
    joiner_rule_dropped,  // who joins a flight gets its value, though the query was sent before he asked
    registry_after_lease,
    // The change stream.
    no_fence,
    lsn_instead_of_xid,
    xid_not_widened,
    no_replay,
    set_instead_of_cas,
    flush_lsn,
    no_page_rounding,
    hold_zero,
    timeline_not_checked,
    slot_without_visibility,  // 2.7, step 4
    // The near cache.
    noloop,
    near_cache_from_commit,
    last = near_cache_from_commit,
};

// The name as RESPGRES_PLANT has it.
constexpr std::string_view to_string(plant p) {
    switch (p) {
        case plant::none: return "none";
        case plant::value_before_token: return "value_before_token";
        case plant::token_kept: return "token_kept";
        case plant::fixed_token: return "fixed_token";
        case plant::lease_not_checked: return "lease_not_checked";
        case plant::joiner_rule_dropped: return "joiner_rule_dropped";
        case plant::registry_after_lease: return "registry_after_lease";
        case plant::no_fence: return "no_fence";
        case plant::lsn_instead_of_xid: return "lsn_instead_of_xid";
        case plant::xid_not_widened: return "xid_not_widened";
        case plant::no_replay: return "no_replay";
        case plant::set_instead_of_cas: return "set_instead_of_cas";
        case plant::flush_lsn: return "flush_lsn";
        case plant::no_page_rounding: return "no_page_rounding";
        case plant::hold_zero: return "hold_zero";
        case plant::timeline_not_checked: return "timeline_not_checked";
        case plant::slot_without_visibility: return "slot_without_visibility";
        case plant::noloop: return "noloop";
        case plant::near_cache_from_commit: return "near_cache_from_commit";
    }
    return "none";
}

// Nothing for a name that is no plant's.
constexpr std::optional<plant> plant_named(std::string_view name) {
    for (int number = 0; number <= static_cast<int>(plant::last); ++number)
        if (to_string(static_cast<plant>(number)) == name) return static_cast<plant>(number);
    return std::nullopt;
}

#ifdef RESPGRES_PLANTS
// A wrong name must not look like a run without a plant.
inline plant plant_of_environment() {
    const char* name = std::getenv("RESPGRES_PLANT");
    if (name == nullptr) return plant::none;
    const auto found = plant_named(name);
    if (!found) std::abort();
    return *found;
}

inline bool planted(plant p) {
    static const plant chosen = plant_of_environment();
    return chosen == p;
}
#else
constexpr bool planted(plant) {
    return false;
}
#endif

}  // namespace respgres::proxy
