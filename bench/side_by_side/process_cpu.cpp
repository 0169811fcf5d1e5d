#include "bench/side_by_side/process_cpu.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace respgres::side_by_side {

thread_times cpu_of(pid_t id) {
    thread_times found;
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(id) + "/task", gone)) {
        std::uint64_t nanoseconds = 0;
        if (std::ifstream(task.path() / "schedstat") >> nanoseconds) found[std::stoi(task.path().filename())] = nanoseconds;
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) found.merge(cpu_of(child));
    }
    return found;
}

std::uint64_t cpu_between(const thread_times& before, const thread_times& after) {
    std::uint64_t sum = 0;
    for (const auto& [thread, nanoseconds] : after) {
        const auto known = before.find(thread);
        sum += nanoseconds - (known == before.end() ? 0 : std::min(known->second, nanoseconds));   // less: the number was given anew
    }
    return sum;
}

}  // namespace respgres::side_by_side
