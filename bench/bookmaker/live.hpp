#pragma once

#include <cstdint>
#include <string>

namespace respgres::bookmaker {

struct live_options {
    std::string url;
    double rate = 10;               // transactions per second
    double seconds = 0;             // 0 = until Ctrl-C
    unsigned connections = 2;
    std::uint64_t seed = 1;
};

// Places and closes bets at a steady rate until the time is up or SIGINT or SIGTERM arrives; then waits for what is in flight.
// Prints a line per second and a summary. Throws postgres_error. False when a transaction failed.
bool run_live(const live_options& options);

}  // namespace respgres::bookmaker
