#include "bench/side_by_side/process_cpu.hpp"

#include <filesystem>
#include <fstream>

namespace respgres::side_by_side {

std::uint64_t cpu_of(pid_t id) {
    std::uint64_t sum = 0;
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(id) + "/task", gone)) {
        std::uint64_t nanoseconds = 0;
        std::ifstream(task.path() / "schedstat") >> nanoseconds;
        sum += nanoseconds;
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) sum += cpu_of(child);
    }
    return sum;
}

}  // namespace respgres::side_by_side
