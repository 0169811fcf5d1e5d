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
    registry_after_lease,  // a key is registered when its query has run
    stores_while_rebuilding,  // a value is stored whatever the watermark behind its lease said
    // What changes drop.
    old_image_ignored,  // the keys of a row as it was before are left alone
    no_fence,  // keys are dropped when the stream tells of a change
    lsn_instead_of_xid,  // a change counts as visible when the log has come past its commit
    xid_not_widened,  // the stream's 32 bits are compared with a snapshot's 64
    // What the watermark promises.
    mark_before_drop,  // it is written 20 ms before the keys are dropped
    untested_promise,  // whatever came after the last fence
    promise_without_stream,  // a fence is promised before the stream has come to its position
    set_instead_of_cas,  // it is written over any other
    no_replay,  // after Redis went back the stream goes on where it was
    // What a new slot does not tell of (2.7).
    slot_without_visibility,  // step 4
    purge_keeps_leases,  // step 5
    // What readers look at.
    gate_ignored,
    generation_ignored,  // the watermark was read on an earlier connection
    after_ignored,  // PROXY AFTER
    // The near cache.
    near_put_late,  // a reply is kept some time after it came, whatever Redis has told meanwhile
    near_put_from_fill,  // what a fill makes is kept, though no GET of it was tracked
    last = near_put_from_fill,
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
        case plant::stores_while_rebuilding: return "stores_while_rebuilding";
        case plant::old_image_ignored: return "old_image_ignored";
        case plant::no_fence: return "no_fence";
        case plant::lsn_instead_of_xid: return "lsn_instead_of_xid";
        case plant::xid_not_widened: return "xid_not_widened";
        case plant::mark_before_drop: return "mark_before_drop";
        case plant::untested_promise: return "untested_promise";
        case plant::promise_without_stream: return "promise_without_stream";
        case plant::set_instead_of_cas: return "set_instead_of_cas";
        case plant::no_replay: return "no_replay";
        case plant::slot_without_visibility: return "slot_without_visibility";
        case plant::purge_keeps_leases: return "purge_keeps_leases";
        case plant::gate_ignored: return "gate_ignored";
        case plant::generation_ignored: return "generation_ignored";
        case plant::after_ignored: return "after_ignored";
        case plant::near_put_late: return "near_put_late";
        case plant::near_put_from_fill: return "near_put_from_fill";
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
