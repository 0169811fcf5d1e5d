#include "backends/postgres/replication/stream_problem.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace respgres::postgres {
namespace {

using backends::errc;
using cause = stream_cause;

struct sign {
    std::string_view sqlstate;   // its beginning; empty: any, also none
    std::string_view words;      // in the server's words; empty: any
    cause means;
};

// The first that fits counts. Signs without an SQLSTATE are those of a connection that was refused: libpq tells its words only.
constexpr sign signs[] = {
    {"55006", "is active for PID", cause::slot_in_use},
    {"55006", "", cause::slot_in_use},
    {"42710", "replication slot", cause::slot_exists},
    {"42704", "replication slot", cause::slot_missing},
    {"42704", "publication", cause::publication_missing},
    // 13 to 15, 16 and 17, 18; the last is a slot whose WAL somebody removed by hand.
    {"55000", "cannot read from logical replication slot", cause::slot_lost},
    {"55000", "can no longer get changes from replication slot", cause::slot_lost},
    {"55000", "can no longer access replication slot", cause::slot_lost},
    {"58P01", "requested WAL segment", cause::slot_lost},
    {"55000", "logical decoding requires", cause::wal_level},
    {"55000", "recovery is in progress", cause::standby},
    {"0A000", "while in recovery", cause::standby},
    {"55000", "on standby requires", cause::wal_level},
    {"55000", "was not created in this database", cause::slot_unusable},   // 15
    {"0A000", "was not created in this database", cause::slot_unusable},
    {"55000", "cannot use physical replication slot", cause::slot_unusable},
    {"0A000", "cannot use physical replication slot", cause::slot_unusable},
    {"53400", "replication slots are in use", cause::no_free_slot},
    {"53300", "", cause::no_free_walsender},
    {"42501", "use replication slots", cause::no_replication_right},
    {"42501", "WAL sender", cause::no_replication_right},
    {"57P01", "", cause::server_unavailable},
    {"57P02", "", cause::server_unavailable},
    {"57P03", "", cause::server_unavailable},
    {"28", "", cause::login_refused},
    {"3D000", "", cause::login_refused},
    {"", "requested standby connections exceeds", cause::no_free_walsender},
    {"", "too many clients", cause::no_free_walsender},
    {"", "remaining connection slots are reserved", cause::no_free_walsender},
    {"", "too many connections for", cause::no_free_walsender},
    {"", "to start walsender", cause::no_replication_right},
    {"", "permission denied to start WAL sender", cause::no_replication_right},
    {"", "the database system is", cause::server_unavailable},
    {"", "terminating connection due to", cause::server_unavailable},
    {"", "the server is shutting down", cause::server_unavailable},
    {"", "authentication failed", cause::login_refused},
    {"", "no password supplied", cause::login_refused},
    {"", "no pg_hba.conf entry", cause::login_refused},
    {"", "pg_hba.conf rejects", cause::login_refused},
    {"", "is not permitted to log in", cause::login_refused},
    {"", "\" does not exist", cause::login_refused},   // role or database
};

// Signs without an SQLSTATE must not be looked for in errors that have one: a table may be called anything.
bool fits(const sign& one, const backends::failure& why) {
    const bool right_state = one.sqlstate.empty() ? why.sqlstate.empty() : why.sqlstate.starts_with(one.sqlstate);
    return right_state && why.detail.find(one.words) != std::string::npos;
}

cause cause_of(const backends::failure& why) {
    const auto found = std::find_if(std::begin(signs), std::end(signs), [&](const sign& one) { return fits(one, why); });
    if (found != std::end(signs)) return found->means;
    if (why.code == errc::timed_out) return cause::timed_out;
    if (why.code == errc::connection_lost || why.code == errc::not_connected) return cause::connection_lost;
    return cause::other;
}

std::optional<int> pid_in(std::string_view words) {
    constexpr std::string_view before = "is active for PID ";
    const std::size_t at = words.find(before);
    if (at == std::string_view::npos) return std::nullopt;
    words.remove_prefix(at + before.size());
    int pid = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), pid);
    return error == std::errc() && pid > 0 ? std::optional(pid) : std::nullopt;
}

std::string quoted(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

std::string sentence_for_slot(cause why, const stream_names& names) {
    const std::string slot = "the replication slot " + quoted(names.slot);
    const std::string drop = "SELECT pg_drop_replication_slot('" + names.slot + "')";
    switch (why) {
        case cause::slot_in_use: return slot + " is read by another proxy, which leads";
        case cause::slot_missing: return slot + " does not exist; the proxy creates it, or: respgres setup --apply";
        case cause::slot_lost:
            return slot + " was lost: the server removed changes that it still had to send; drop it (" + drop +
                   ") and raise max_slot_wal_keep_size so that this does not come again";
        case cause::slot_exists: return slot + " exists already";
        default:
            return slot +
                   " is of another database, another plugin than pgoutput, or physical; choose another name ([freshness] slot), or drop "
                   "it: " +
                   drop;
    }
}

std::string sentence_for(cause why, const stream_names& names, const std::string& words) {
    const std::string role = names.role.empty() ? "ROLE" : quoted(names.role);
    switch (why) {
        case cause::slot_in_use:
        case cause::slot_missing:
        case cause::slot_lost:
        case cause::slot_exists:
        case cause::slot_unusable: return sentence_for_slot(why, names);
        case cause::publication_missing:
            return "the publication " + quoted(names.publication) + " does not exist; CREATE PUBLICATION " + quoted(names.publication) +
                   " FOR TABLE ..., or: respgres setup --apply";
        case cause::wal_level: return "the server has no wal_level = logical; ALTER SYSTEM SET wal_level = logical, then restart it";
        case cause::no_replication_right:
            return "the role may not replicate; ALTER ROLE " + role + " REPLICATION, or: respgres setup --apply";
        case cause::no_free_walsender:
            return "the server has no connection left for the change stream; raise max_wal_senders or max_connections, then restart it";
        case cause::no_free_slot:
            return "the server has no replication slot left; drop one that is unused (SELECT slot_name FROM pg_replication_slots WHERE NOT "
                   "active), or raise "
                   "max_replication_slots, then restart it";
        case cause::standby: return "the server is a standby; the change stream needs the primary";
        case cause::server_unavailable: return "the server shuts down or starts";
        case cause::login_refused: return "the server refused the login: " + words;
        case cause::connection_lost: return "the connection was lost or could not be made: " + words;
        case cause::timed_out: return "the server did not answer in time: " + words;
        case cause::other: break;
    }
    return words;
}

}  // namespace

std::string_view to_string(stream_cause of) {
    switch (of) {
        case cause::slot_in_use: return "slot_in_use";
        case cause::slot_missing: return "slot_missing";
        case cause::slot_lost: return "slot_lost";
        case cause::slot_exists: return "slot_exists";
        case cause::slot_unusable: return "slot_unusable";
        case cause::publication_missing: return "publication_missing";
        case cause::wal_level: return "wal_level";
        case cause::no_replication_right: return "no_replication_right";
        case cause::no_free_walsender: return "no_free_walsender";
        case cause::no_free_slot: return "no_free_slot";
        case cause::standby: return "standby";
        case cause::server_unavailable: return "server_unavailable";
        case cause::login_refused: return "login_refused";
        case cause::connection_lost: return "connection_lost";
        case cause::timed_out: return "timed_out";
        case cause::other: return "other";
    }
    return "other";
}

stream_problem problem_of(const backends::failure& why, const stream_names& names) {
    stream_problem found;
    found.cause = cause_of(why);
    if (found.cause == cause::slot_in_use) found.pid = pid_in(why.detail);
    found.sentence = sentence_for(found.cause, names, why.detail);
    if (found.pid) found.sentence += " (server process " + std::to_string(*found.pid) + ")";
    return found;
}

}  // namespace respgres::postgres
