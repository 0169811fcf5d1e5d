#include "tests/support/free_port.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>

namespace respgres::tests {
namespace {

constexpr int lowest_port = 20000;
constexpr int highest_port = 32000;

bool nothing_listens_on(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return free;
}

}  // namespace

reserved_port::reserved_port() {
    const auto directory = std::filesystem::temp_directory_path() / ("respgres-test-ports-" + std::to_string(::getuid()));
    std::filesystem::create_directories(directory);
    std::random_device random;
    std::uniform_int_distribution<int> any(lowest_port, highest_port);
    for (int attempt = 0; attempt < 1000; ++attempt) {
        number_ = static_cast<std::uint16_t>(any(random));
        lock_ = ::open((directory / std::to_string(number_)).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (lock_ < 0) continue;
        if (::flock(lock_, LOCK_EX | LOCK_NB) == 0 && nothing_listens_on(number_)) return;
        ::close(lock_);
    }
    throw std::runtime_error("no free loopback port");
}

reserved_port::~reserved_port() {
    ::close(lock_);
}

}  // namespace respgres::tests
