#pragma once

#include "protocol/resp/reply_framer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// Many clients in one poll loop, so that a thousand of them ask at the same moment. Errors are std::runtime_error. Not thread-safe.
class crowd {
public:
    crowd() {
        // A thousand sockets do not fit into the usual soft limit of 1024 beside what a test has open anyway.
        rlimit files{};
        ::getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    ~crowd() {
        for (const member& m : members_) ::close(m.fd);
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;

    void join(std::uint16_t port, std::size_t count) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (std::size_t i = 0; i < count; ++i) {
            member added;
            added.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(added.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
            members_.push_back(added);
        }
    }

    std::size_t size() const { return members_.size(); }

    // From each; `bytes` must fit into a socket's buffer.
    void send(std::string_view bytes) {
        for (const member& m : members_)
            if (::send(m.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) fail("cannot send");
    }

    // One reply of each, as bytes. Throws when they are not all there within `limit`, or one of the connections is closed.
    std::vector<std::string> replies(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::vector<std::string> received(members_.size());
        std::vector<std::size_t> open(members_.size());
        for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!open.empty()) {
            wait_for(open, deadline);
            std::erase_if(open, [&](std::size_t i) { return read(members_[i], received[i]); });
        }
        return received;
    }

    // How many are closed by the peer within `limit`; what they received before is dropped.
    std::size_t closed_within(std::chrono::milliseconds limit) {
        std::vector<std::size_t> open(members_.size());
        for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!open.empty() && std::chrono::steady_clock::now() < deadline) {
            poll_some(open, std::chrono::milliseconds(100));
            std::erase_if(open, [&](std::size_t i) { return is_closed(members_[i]); });
        }
        return members_.size() - open.size();
    }

private:
    struct member {
        int fd = -1;
        protocol::reply_framer framer;
    };

    [[noreturn]] static void fail(const char* what) { throw std::runtime_error(std::string(what) + ", errno " + std::to_string(errno)); }

    void poll_some(const std::vector<std::size_t>& open, std::chrono::milliseconds limit) const {
        std::vector<pollfd> waiting;
        for (const std::size_t i : open) waiting.push_back({members_[i].fd, POLLIN, 0});
        ::poll(waiting.data(), waiting.size(), static_cast<int>(limit.count()));
    }

    void wait_for(const std::vector<std::size_t>& open, std::chrono::steady_clock::time_point deadline) const {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(std::to_string(open.size()) + " of " + std::to_string(members_.size()) + " clients have no reply");
        poll_some(open, std::chrono::milliseconds(200));
    }

    // True when the reply is whole.
    static bool read(member& m, std::string& received) {
        char block[16 * 1024];
        const ssize_t got = ::recv(m.fd, block, sizeof block, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (got <= 0) throw std::runtime_error("closed within a reply: '" + received + "'");
        for (std::string_view rest(block, static_cast<std::size_t>(got)); !rest.empty();) {
            const auto piece = m.framer.next(rest);
            received.append(rest.substr(0, piece.length));
            rest.remove_prefix(piece.length);
            if (piece.state == protocol::reply_framer::status::malformed) throw std::runtime_error("no RESP: '" + received + "'");
            if (piece.state != protocol::reply_framer::status::complete) continue;
            if (!rest.empty()) throw std::runtime_error("more than one reply: '" + std::string(rest) + "'");
            return true;
        }
        return false;
    }

    static bool is_closed(const member& m) {
        char block[4096];
        for (;;) {
            const ssize_t got = ::recv(m.fd, block, sizeof block, MSG_DONTWAIT);
            if (got > 0) continue;
            return got == 0 || (errno != EAGAIN && errno != EINTR);
        }
    }

    std::vector<member> members_;
};

}  // namespace respgres::tests
