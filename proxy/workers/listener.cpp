#include "proxy/workers/listener.hpp"

#include "backends/net/as_values.hpp"
#include "proxy/workers/listening_socket.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

net::ip_endpoint local_endpoint(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    return net::ip_endpoint(address);
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
        net::ip_endpoint peer;
        const int fd = listening_socket::accept(acceptor_->descriptor.native_handle(), peer);
        if (fd >= 0) {
            told = false;
            admit(fd, peer);
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

void listener::admit(int descriptor, const net::ip_endpoint& peer) {
    net::unique_fd fd(descriptor);
    local_address_ptr local = local_.get(at_.is_unix() ? at_.path + ":0" : local_endpoint(fd.get()).text());
    auto record = clients_.admit({peer, std::move(local), fd.get()});
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
    const auto fewer = [](const auto& a, const auto& b) { return a->client_count() < b->client_count(); };
    (*std::min_element(workers_.begin(), workers_.end(), fewer))->take_client(std::move(fd), at_.tls, std::move(record));
}

}  // namespace respgres::proxy
