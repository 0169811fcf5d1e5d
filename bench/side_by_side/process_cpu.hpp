#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>

namespace respgres::side_by_side {

// A server process whose time is counted.
struct process {
    std::string name;
    pid_t id;
};

// Nanoseconds that each thread has run so far, by its number.
using thread_times = std::map<pid_t, std::uint64_t>;

// Of the process's threads and its children's (PostgreSQL serves each connection in one), as /proc/PID/task/*/schedstat tells. Empty for
// a process that is gone.
thread_times cpu_of(pid_t id);

// What was run between two looks: what began meanwhile counts whole, what ended meanwhile (PostgreSQL's autovacuum) not at all.
std::uint64_t cpu_between(const thread_times& before, const thread_times& after);

}  // namespace respgres::side_by_side
