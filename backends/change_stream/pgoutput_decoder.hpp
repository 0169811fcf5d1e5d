#pragma once

#include "backends/change_stream/pgoutput_messages.hpp"
#include "backends/errors.hpp"

#include <string_view>

namespace respgres::change_stream::pgoutput {

// Bytes -> messages. Takes what the options proto_version '1', '2' and '3', streaming 'on', binary, messages and two_phase bring;
// not streaming 'parallel' (proto_version '4').
//
// Strict: what the documentation does not have, bytes too few or too many included, is an error. Allocates only for definitions of tables and for
// TRUNCATE.
class decoder {
public:
    // `payload` is that of one wal_data, to which the message's views point. Errors: protocol_error, with what is wrong at which byte; the stream
    // is then of no more use.
    backends::outcome<message> decode(std::string_view payload);

    // The stream begins anew, on a new connection.
    void restart() { in_stream_ = false; }

private:
    bool in_stream_ = false;  // between Stream Start and Stream Stop messages carry an xid
};

}  // namespace respgres::change_stream::pgoutput
