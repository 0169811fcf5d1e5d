#include "proxy/workers/listener.hpp"

#include "backends/net/as_values.hpp"
#include "proxy/workers/listening_socket.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

std::string text_of(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
        return std::string(text.data()) + ":" + std::to_string(ntohs(in.sin_port));
    }
    if (address.ss_family == AF_INET6) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(in.sin6_port));
    }
    return "unix";
}

using name_function = int (*)(int, sockaddr*, socklen_t*);

std::string address_by(name_function ask, int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ask(fd, reinterpret_cast<sockaddr*>(&address), &length);
    return text_of(address);
}

}  // namespace

// Waits on the listening descriptor; accepting itself is a plain system call, so that the client's descriptor never belongs to Asio.
class listener::acceptor {
public:
    acceptor(asio::io_context& context, const conf::endpoint& at, conf::file_mode mode)
        : socket(at, mode), descriptor(context, socket.release()), pause(context) {}

    listening_socket socket;
    asio::posix::stream_descriptor descriptor;
    asio::steady_timer pause;
    bool stopped = false;
};

listener::listener(asio::io_context& context, const conf::endpoint& at, conf::file_mode mode, std::vector<std::unique_ptr<worker>>& workers,
                   client_registry& clients)
    : at_(at), workers_(workers), clients_(clients), acceptor_(std::make_unique<acceptor>(context, at, mode)) {}

listener::~listener() = default;

std::string listener::address() const {
    return conf::to_string(acceptor_->socket.address());
}

void listener::stop() {
    acceptor_->stopped = true;
    boost::system::error_code ignored;
    acceptor_->descriptor.close(ignored);
    acceptor_->pause.cancel();
}

asio::awaitable<void> listener::run() {
    bool told = false;
    while (!acceptor_->stopped) {
        const int fd = listening_socket::accept(acceptor_->descriptor.native_handle());
        if (fd >= 0) {
            told = false;
            admit(fd);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            co_await acceptor_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, net::as_values);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (!told) spdlog::error("cannot accept clients on {}: {}; trying again", conf::to_string(at_), std::strerror(errno));
        told = true;
        // Out of descriptors or memory: those who wait stay in the backlog.
        acceptor_->pause.expires_after(std::chrono::milliseconds(100));
        co_await acceptor_->pause.async_wait(net::as_values);
    }
}

void listener::admit(int descriptor) {
    net::unique_fd fd(descriptor);
    auto record = clients_.admit();
    if (!record) {
        if (at_.tls) return;   // a handshake only to refuse would cost more than the client is worth
        constexpr std::string_view full = "-ERR max number of clients reached\r\n";
        [[maybe_unused]] const auto sent = ::send(fd.get(), full.data(), full.size(), MSG_NOSIGNAL);
        return;
    }
    if (!at_.is_unix()) {
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    record->address = at_.is_unix() ? at_.path + ":0" : address_by(::getpeername, fd.get());
    record->local_address = at_.is_unix() ? at_.path + ":0" : address_by(::getsockname, fd.get());
    const auto fewer = [](const auto& a, const auto& b) { return a->client_count() < b->client_count(); };
    (*std::min_element(workers_.begin(), workers_.end(), fewer))->take_client(std::move(fd), at_.tls, std::move(record));
}

}  // namespace respgres::proxy
