#include "tests/support/socket_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace respgres::tests {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

socket_stream::socket_stream(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(&address, sizeof address, "127.0.0.1:" + std::to_string(port));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

socket_stream::socket_stream(const std::string& unix_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (unix_path.size() >= sizeof address.sun_path) throw std::runtime_error("path too long: " + unix_path);
    unix_path.copy(address.sun_path, unix_path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(&address, sizeof address, unix_path);
}

socket_stream::socket_stream(std::uint16_t port, const tls_options& tls) : socket_stream(port) {
    tls_ = std::make_unique<tls_layer>(tls);
    piece_ = tls.piece;
    while (!tls_->shake_hands()) {
        send_encrypted();
        std::string bytes;
        if (!read_raw(bytes, limit)) throw std::runtime_error("TLS handshake: the peer closed the connection");
        tls_->feed(bytes);
    }
    send_encrypted();
}

socket_stream::socket_stream(socket_stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)), piece_(other.piece_) {}

socket_stream& socket_stream::operator=(socket_stream&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(tls_, other.tls_);
    std::swap(piece_, other.piece_);
    return *this;
}

void socket_stream::connect(const void* address, unsigned size, const std::string& name) {
    if (::connect(fd_, static_cast<const sockaddr*>(address), size) == 0) return;
    const int reason = errno;
    close();
    errno = reason;
    fail("cannot connect to " + name);
}

void socket_stream::write(std::string_view bytes) {
    if (!tls_) return write_raw(bytes);
    tls_->write(bytes);
    send_encrypted();
}

// Pieces are sent one by one, without waiting: TCP_NODELAY lets each leave at once.
void socket_stream::send_encrypted() {
    const std::string bytes = tls_->take_output();
    const std::size_t piece = piece_ == 0 ? bytes.size() : piece_;
    for (std::size_t at = 0; at < bytes.size(); at += piece) write_raw(std::string_view(bytes).substr(at, piece));
}

void socket_stream::write_raw(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd writable{fd_, POLLOUT, 0};
        if (::poll(&writable, 1, static_cast<int>(limit.count())) == 0) throw std::runtime_error("time limit: the peer does not read");
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) fail("cannot send");
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool socket_stream::read_some(std::string& buffer, std::chrono::milliseconds patience) {
    if (!tls_) return read_raw(buffer, patience);
    const auto before = buffer.size();
    while (true) {   // a record may need several reads, or hold nothing for us
        std::string bytes;
        const bool open = read_raw(bytes, patience);
        tls_->feed(bytes);
        const bool more = tls_->read(buffer) && open;
        if (buffer.size() > before) return true;
        if (!more) return false;
    }
}

bool socket_stream::read_raw(std::string& buffer, std::chrono::milliseconds patience) {
    if (!readable_within(patience))
        throw std::runtime_error("time limit: nothing came; unread bytes so far: '" + buffer.substr(0, 200) + "'");
    constexpr std::size_t block = 64 * 1024;
    const auto before = buffer.size();
    buffer.resize(before + block);
    const auto count = ::recv(fd_, buffer.data() + before, block, 0);
    const int reason = errno;
    buffer.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count > 0) return true;
    if (count == 0 || reason == ECONNRESET) return false;
    errno = reason;
    fail("cannot receive");
}

bool socket_stream::readable_within(std::chrono::milliseconds patience) const {
    pollfd readable{fd_, POLLIN, 0};
    return ::poll(&readable, 1, static_cast<int>(patience.count())) > 0;
}

void socket_stream::shutdown_send() {
    if (tls_) {
        tls_->end();
        send_encrypted();
    }
    ::shutdown(fd_, SHUT_WR);
}

void socket_stream::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace respgres::tests
