#include "proxy/sessions/error_replies.hpp"

namespace respgres::proxy {

namespace {

using backends::errc;

// Keys are the client's bytes: cut to a readable length (the reply writer replaces control characters).
std::string shown(std::string_view key) {
    constexpr std::size_t longest = 128;
    return key.size() <= longest ? std::string(key) : std::string(key.substr(0, longest)) + "...";
}

}  // namespace

std::string redis_failure_text(const backends::failure& why, bool writes) {
    if (why.code == errc::not_connected || why.code == errc::cancelled)
        return "UNAVAILABLE Redis cannot be reached; the command was not sent";
    const std::string reason = why.code == errc::timed_out ? "Redis did not answer in time" : "the connection to Redis was lost";
    return writes ? "UNCERTAIN " + reason + "; the command may have taken effect, read before you repeat it"
                  : "UNAVAILABLE " + reason + "; nothing was changed, try again";
}

std::string dedicated_failure_text(const backends::failure& why) {
    if (why.code == errc::too_many_waiting)
        return "OVERLOADED no connection to Redis is left for a command that needs one of its own; [redis] dedicated_max limits them";
    return redis_failure_text(why, false);
}

std::string fill_failure_text(const mapping& source, const backends::failure& why) {
    const auto& settings = source.settings;
    const std::string name = "mapping '" + settings.name + "'";
    if (why.code == errc::timed_out)
        return "UNAVAILABLE " + name +
               ": PostgreSQL did not answer within fill_timeout = " + std::to_string(settings.fill_timeout.count()) + "ms";
    if (why.code == errc::too_many_waiting) return "OVERLOADED " + name + ": too many fills are waiting for PostgreSQL, try again later";
    if (why.code == errc::not_connected || why.code == errc::connection_lost || why.code == errc::cancelled)
        return "UNAVAILABLE " + name + ": PostgreSQL cannot be reached";
    if (why.code == errc::result_too_large) return "ERR " + name + ": " + why.detail;
    if (why.code == errc::invalid_parameter) return "ERR " + name + ": a capture does not convert to the type that the query needs";
    return "ERR " + name + ": the query failed" + (why.sqlstate.empty() ? "" : " (SQLSTATE " + why.sqlstate + ")") +
           "; see the proxy's log";
}

std::string contended_text(const mapping& source) {
    return "UNAVAILABLE mapping '" + source.settings.name + "': the key is invalidated faster than it can be read, try again";
}

std::string unproven_text(const mapping& source, std::string_view why) {
    return "STALE mapping '" + source.settings.name + "': it cannot be proved that what Redis holds lags behind by " +
           std::to_string(source.age_bound().count()) + "ms at most (" + std::string(why) +
           "), and this command is not answered from PostgreSQL; try again, or set unproven = \"serve\"";
}

std::string invalid_capture_text(std::string_view key, const captures& found) {
    return "ERR key '" + shown(key) + "': " + std::string(found.why);
}

std::string unmapped_text(std::string_view key) {
    return "ERR key '" + shown(key) + "' belongs to no mapping; PROXY MAPPINGS lists them";
}

std::string readonly_text(std::string_view key, const mapping& source) {
    return "READONLY key '" + shown(key) + "' is filled from PostgreSQL by mapping '" + source.settings.name + "'; DEL invalidates it";
}

}  // namespace respgres::proxy
