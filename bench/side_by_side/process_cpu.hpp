#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace respgres::side_by_side {

// A server process whose time is counted.
struct process {
    std::string name;
    pid_t id;
};

// Nanoseconds that the process's threads and its children (PostgreSQL serves each connection in one) have run so far, as
// /proc/PID/task/*/schedstat tells. 0 for a process that is gone.
std::uint64_t cpu_of(pid_t id);

}  // namespace respgres::side_by_side
