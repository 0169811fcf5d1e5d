#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <type_traits>

namespace respgres::backends {

// Why a backend could not do what it was asked. Append only.
enum class errc {
    not_connected = 1,    // no connection, and none could be made in time; nothing was sent
    connection_lost,      // the connection broke after the request was sent: whether it took effect is not known
    timed_out,            // the time limit passed; the query was cancelled at the server
    too_many_waiting,     // the queue for a connection is full
    cancelled,            // the caller gave up, or the proxy is shutting down
    result_too_large,     // the row or byte limit was passed; the query was cancelled at the server
    protocol_error,       // the server sent what it must not; the connection was closed
    server_error,         // the server refused: detail holds its words, sqlstate its code
    invalid_parameter,    // PostgreSQL could not convert a parameter (22P02, 22003, 22007, 22008, 22021)
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(errc code);

// An error for the program and the server's own words for the operator. The words may hold user data: log them, do not show
// them to clients of other users.
struct failure {
    boost::system::error_code code;    // first: boost::system::result is ambiguous otherwise (Boost 1.81)
    std::string detail;
    std::string sqlstate;              // five characters, of PostgreSQL only
};

// What boost::system::result calls when value() is asked of a failure: a bug of the caller's, thrown as system_error.
[[noreturn]] void throw_exception_from_error(const failure& why, const boost::source_location& where);

template <class T>
using outcome = boost::system::result<T, failure>;

}  // namespace respgres::backends

template <>
struct boost::system::is_error_code_enum<respgres::backends::errc> : std::true_type {};
