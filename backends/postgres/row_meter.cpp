#include "backends/postgres/row_meter.hpp"

// Not <netinet/tcp.h>, which Asio includes: its tcp_info lacks tcpi_bytes_received.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

namespace respgres::postgres {
namespace {

std::uint64_t unread_bytes(int socket) {
    int bytes = 0;
    return ::ioctl(socket, FIONREAD, &bytes) == 0 ? static_cast<std::uint64_t>(std::max(bytes, 0)) : 0;
}

// All that ever was read from a TCP socket.
std::optional<std::uint64_t> read_bytes(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
    const std::uint64_t received = info.tcpi_bytes_received;
    return received - std::min(received, unread_bytes(socket));
}

}  // namespace

void row_meter::before_read(int socket) {
    unread_before_ = was_cut_ ? unread_bytes(socket) : 0;
}

std::uint64_t row_meter::after_read(int socket, bool is_cut) {
    was_cut_ = is_cut;
    const auto read = read_bytes(socket);
    if (!is_cut) {
        bytes_ = 0;
        read_at_start_ = read.value_or(0);
    } else if (read) {
        bytes_ = *read - std::min(*read, read_at_start_);
    } else {
        bytes_ += unread_before_ - std::min(unread_before_, unread_bytes(socket));
    }
    return bytes_;
}

}  // namespace respgres::postgres
