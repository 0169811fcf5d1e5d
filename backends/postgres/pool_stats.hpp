#pragma once

#include "backends/counter.hpp"

namespace respgres::postgres {

struct pool_stats {
    backends::gauge connections;         // usable now
    backends::gauge in_flight;           // queries running now
    backends::gauge waiting;             // fills that wait for a connection now
    backends::counter queries;           // started
    backends::counter pipelined;         // of these, sent while another ran on the connection
    backends::counter made_way;          // cancelled because others waited behind them, to be run again alone
    backends::counter errors;            // queries that failed, timeouts included
    backends::counter timeouts;
    backends::counter cancels;           // cancel requests sent to the server
    backends::counter connects;          // connections made
    backends::counter connect_failures;
};

}  // namespace respgres::postgres
