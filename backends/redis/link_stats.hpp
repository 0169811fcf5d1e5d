#pragma once

#include "backends/counter.hpp"

namespace respgres::redis {

// Of all links of one worker to one Redis.
struct link_stats {
    backends::gauge connections;         // up now
    backends::gauge dedicated;           // of them, given to one client
    backends::gauge in_flight;           // commands without their reply yet
    backends::counter commands;
    backends::counter errors;            // commands that got no reply
    backends::counter timeouts;          // connections broken because a reply took too long
    backends::counter connects;
    backends::counter connect_failures;
    backends::counter protocol_errors;
    backends::counter bytes_sent;
    backends::counter bytes_received;
};

}  // namespace respgres::redis
