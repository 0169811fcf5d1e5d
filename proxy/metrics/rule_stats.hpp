#pragma once

#include "backends/counter.hpp"

namespace respgres::proxy {

// What the rules did on one thread: a worker, or the one that listens to notifications. Written by that thread, read by the admin thread.
struct rule_stats {
    backends::counter drops;           // times: for each command, for notifications that came together
    backends::counter failures;        // of these: those that Redis did not acknowledge
    backends::counter notifications;   // received
    backends::counter not_understood;  // of these: those whose payload has another form, or is no mapped key
    backends::gauge listens;           // 1 while notifications are received
};

}  // namespace respgres::proxy
