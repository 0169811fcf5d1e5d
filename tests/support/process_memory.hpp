#pragma once

#include "tests/support/sanitizers.hpp"

#include <sys/types.h>

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace respgres::tests {

// Sanitizers keep what is freed, and shadows of everything: with them only the release build's tests can say how much memory something takes.
constexpr bool memory_is_measurable = !is_sanitized;

// A line of /proc/PID/status in bytes: "VmRSS" is what the process has in memory, "VmHWM" the most that it ever had.
inline std::size_t process_memory(pid_t pid, const std::string& line_name) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(line_name + ":")) return std::stoul(line.substr(line_name.size() + 1)) * 1024;
    throw std::runtime_error("no " + line_name + " of process " + std::to_string(pid));
}

inline std::size_t resident_bytes(pid_t pid) {
    return process_memory(pid, "VmRSS");
}
inline std::size_t peak_bytes(pid_t pid) {
    return process_memory(pid, "VmHWM");
}

}  // namespace respgres::tests
