#pragma once

#include "backends/counter.hpp"

namespace respgres::proxy {

// What the rules did on one thread: a worker, or the one that listens to notifications. Written by that thread, read by the admin thread.
struct rule_stats {
    backends::counter drops;           // commands and notifications whose keys were to be dropped
    backends::counter failures;        // of these: those of which Redis did not acknowledge the deletion
    backends::counter notifications;   // received
    backends::counter not_understood;  // of these: those whose payload has another form, or is no mapped key
    backends::gauge listens;           // 1 while notifications are received
};

}  // namespace respgres::proxy
