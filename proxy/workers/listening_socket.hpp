#pragma once

#include "backends/net/ip_endpoint.hpp"
#include "backends/net/unique_fd.hpp"
#include "conf/settings.hpp"

#include <cstdint>

namespace respgres::proxy {

// A bound and listening socket, TCP or Unix. A Unix socket's file is for this user only (0600) if nothing else is said; one left over from a crash
// is replaced; it is removed at the end.
class listening_socket {
public:
    // Throws std::system_error: "cannot listen on 127.0.0.1:6380: Address already in use".
    explicit listening_socket(const conf::endpoint& at, conf::file_mode mode = {});
    ~listening_socket();
    listening_socket(const listening_socket&) = delete;
    listening_socket& operator=(const listening_socket&) = delete;

    // Gives the descriptor to whoever waits on it.
    int release() { return fd_.release(); }
    // A new client's descriptor, non-blocking; -1 with errno when there is none.
    static int accept(int fd);
    // The same, and where it comes from; none for a Unix socket.
    static int accept(int fd, net::ip_endpoint& peer);

    std::uint16_t port() const { return at_.port; }  // the real one where 0 was asked for; 0 for a Unix socket
    const conf::endpoint& address() const { return at_; }

private:
    conf::endpoint at_;
    net::unique_fd fd_;
};

}  // namespace respgres::proxy
