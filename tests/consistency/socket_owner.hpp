#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace respgres::tests::consistency {

// Whether a process holds the TCP connection whose own end has this port, by /proc.
inline bool owns_local_port(pid_t process, std::uint16_t port) {
    namespace fs = std::filesystem;
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::string wanted;
    while (std::getline(table, line)) {   // "  0: 0100007F:1F90 0100007F:C350 01 ... uid timeout inode"
        std::istringstream words(line);
        std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        const auto colon = local.find(':');
        if (colon == local.npos || state != "01" || std::stoul(local.substr(colon + 1), nullptr, 16) != port) continue;
        wanted = "socket:[" + inode + "]";
    }
    std::error_code ignored;
    for (const auto& each : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd", ignored))
        if (!wanted.empty() && fs::read_symlink(each.path(), ignored).string() == wanted) return true;
    return false;
}

}  // namespace respgres::tests::consistency
