#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy {

// How far the change stream has been applied to one Redis master, as the leader writes it there (consistency protocol, "watermark"): every key that a transaction
// touched which was acknowledged before `time`, or whose commit record begins before `position`, has been dropped on this master; of a mapping with coalesce_ms, which was
// acknowledged so long before `time`.
//
// It is part of the master's data and written behind the deletions, so a replica, a promoted replica or a restored file has it only together with what it
// promises.
struct watermark {
    // Which history of PostgreSQL it speaks of: "SYSTEM.TIMELINE", as postgres::session_facts has it. Positions of two of them must not be compared.
    std::string server;
    // Chosen anew with each slot: everything was dropped when it was.
    std::string incarnation;
    change_stream::lsn position;  // 0: being rebuilt, nothing is promised
    change_stream::timestamp time;  // the PostgreSQL server's clock

    bool is_rebuilding() const { return position.value == 0; }
    bool operator==(const watermark&) const = default;
};

// "SYSTEM.TIMELINE/INCARNATION|POSITION|MICROSECONDS", position in 16 hexadecimal digits, the time since 1970.
std::string to_string(const watermark& mark);
// nullopt for anything else.
std::optional<watermark> parse_watermark(std::string_view text);

// The timeline of "SYSTEM.TIMELINE", if both are of the same system; for telling a primary of old from its successor.
std::optional<std::uint32_t> timeline_of(std::string_view server);
bool same_system(std::string_view one_server, std::string_view other_server);

// The name of its key; `slot` keeps apart what several databases stream into one Redis.
std::string watermark_name(std::string_view slot);

}  // namespace respgres::proxy
