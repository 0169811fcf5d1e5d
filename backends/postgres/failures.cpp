#include "backends/postgres/failures.hpp"

#include <algorithm>
#include <iterator>

namespace respgres::postgres {
namespace {

using backends::errc;

struct meaning {
    std::string_view sqlstate;   // five characters, or the two of a class
    errc code;
};

constexpr meaning meanings[] = {
    {"22P02", errc::invalid_parameter},   // invalid_text_representation
    {"22003", errc::invalid_parameter},   // numeric_value_out_of_range
    {"22007", errc::invalid_parameter},   // invalid_datetime_format
    {"22008", errc::invalid_parameter},   // datetime_field_overflow
    {"22021", errc::invalid_parameter},   // character_not_in_repertoire
    {"57014", errc::timed_out},           // query_canceled: by us, statement_timeout or an operator
    {"55P03", errc::timed_out},           // lock_not_available: lock_timeout
    {"57P01", errc::connection_lost},     // admin_shutdown
    {"57P02", errc::connection_lost},     // crash_shutdown
    {"57P03", errc::connection_lost},     // cannot_connect_now
    {"57P05", errc::connection_lost},     // idle_session_timeout
    {"25P03", errc::connection_lost},     // idle_in_transaction_session_timeout
    {"08", errc::connection_lost},        // connection exceptions
};

std::string_view field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

errc classify(std::string_view sqlstate) {
    const auto matches = [sqlstate](const meaning& m) { return !sqlstate.empty() && sqlstate.starts_with(m.sqlstate); };
    const auto found = std::find_if(std::begin(meanings), std::end(meanings), matches);
    return found == std::end(meanings) ? errc::server_error : found->code;
}

backends::failure failure_of(const PGresult* result) {
    const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
    std::string words(field(result, PG_DIAG_MESSAGE_PRIMARY));
    if (words.empty()) words = without_line_end(PQresultErrorMessage(result));   // libpq's own, about the connection
    if (const auto position = field(result, PG_DIAG_STATEMENT_POSITION); !position.empty()) words.append(" at character ").append(position);
    if (const auto detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) words.append("; ").append(detail);
    if (const auto hint = field(result, PG_DIAG_MESSAGE_HINT); !hint.empty()) words.append("; ").append(hint);
    // Without a code it is libpq that speaks, and it only speaks of a broken connection.
    const auto code = sqlstate.empty() ? errc::connection_lost : classify(sqlstate);
    return {code, std::move(words), std::string(sqlstate)};
}

backends::failure connection_failure(errc code, const PGconn* connection) {
    return make_failure(code, std::string(without_line_end(PQerrorMessage(connection))));
}

backends::failure too_late_to_send() {
    return make_failure(errc::timed_out, "the time limit passed before the query was sent");
}

backends::failure halted_failure(errc why) {
    switch (why) {
        case errc::timed_out: return make_failure(why, "the time limit passed; the query was cancelled at the server");
        case errc::result_too_large: return make_failure(why, "the result is larger than allowed; the query was cancelled at the server");
        default: return make_failure(why, "the request was given up; the query was cancelled at the server");
    }
}

bool is_stale(const backends::failure& error) {
    return error.sqlstate == "0A000" || error.sqlstate == "26000";
}

std::string_view without_line_end(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

backends::failure make_failure(errc code, std::string detail) {
    return {code, std::move(detail), {}};
}

}  // namespace respgres::postgres
