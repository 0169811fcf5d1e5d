#include "proxy/workers/listening_socket.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

constexpr int backlog = 4096;

[[noreturn]] void throw_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int open_tcp(const conf::endpoint& at) {
    boost::system::error_code unknown;
    const auto address = asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, unknown);
    if (unknown)
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "cannot listen on '" + at.host + "', which is no IP address");
    const asio::ip::tcp::endpoint bound(address, at.port);
    net::unique_fd fd(::socket(bound.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!fd.is_open() || ::bind(fd.get(), bound.data(), static_cast<socklen_t>(bound.size())) != 0 || ::listen(fd.get(), backlog) != 0)
        throw_errno("cannot listen on " + conf::to_string(at));
    return fd.release();
}

// A socket file that nobody listens on any more is left over from a crash.
void remove_stale_socket(const sockaddr_un& address) {
    struct stat status{};
    if (::stat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
    const net::unique_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED)
        ::unlink(address.sun_path);
}

int open_unix(const conf::endpoint& at, conf::file_mode mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (at.path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        throw_errno("cannot listen on " + conf::to_string(at));
    }
    std::memcpy(address.sun_path, at.path.c_str(), at.path.size() + 1);
    remove_stale_socket(address);
    net::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const mode_t before = ::umask(0777 & ~mode.bits);   // from the first moment on
    const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::umask(before);
    if (!bound || ::listen(fd.get(), backlog) != 0) throw_errno("cannot listen on " + conf::to_string(at));
    return fd.release();
}

std::uint16_t port_of(int fd) {
    asio::ip::tcp::endpoint bound;
    auto length = static_cast<socklen_t>(bound.capacity());
    ::getsockname(fd, bound.data(), &length);
    return bound.port();
}

}  // namespace

listening_socket::listening_socket(const conf::endpoint& at, conf::file_mode mode)
    : at_(at), fd_(at.is_unix() ? open_unix(at, mode) : open_tcp(at)) {
    if (!at_.is_unix()) at_.port = port_of(fd_.get());
}

listening_socket::~listening_socket() {
    if (at_.is_unix()) ::unlink(at_.path.c_str());
}

int listening_socket::accept(int fd) {
    return ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int listening_socket::accept(int fd, net::ip_endpoint& peer) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int accepted = ::accept4(fd, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    peer = net::ip_endpoint(address);
    return accepted;
}

}  // namespace respgres::proxy
