#pragma once

#include "backends/net/poller.hpp"
#include "backends/net/socket_calls.hpp"
#include "backends/net/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

struct ssl_st;   // OpenSSL's SSL

namespace respgres::net {

struct tls_deleter {
    void operator()(ssl_st* session) const;
};
using tls_ptr = std::unique_ptr<ssl_st, tls_deleter>;

// What became of an attempt to receive, to send or to shake hands.
struct transfer {
    enum class status : std::uint8_t {
        done,     // `bytes` were carried over, at least one (a handshake: none)
        waits,    // nothing for now: again when the descriptor is ready, see watch_for()
        ended,    // the peer sends no more
        failed,   // for good; why() tells
    };
    status state;
    std::size_t bytes = 0;
};

// For a send of several parts.
inline iovec part_of(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

// What a poller is to watch for.
struct interest {
    bool read = true;
    bool write = false;
    bool operator==(const interest&) const = default;
};

// The bytes of a connection over a non-blocking descriptor: as they are, or through TLS (tls_context.hpp makes the session).
//
// One receive is one recv(), and one send is one send(), when the bytes go as they are. With TLS, one receive is at most one record, and `into` must have
// room for it (longest_record): so what is not delivered yet stays in the kernel, where a level-triggered poller sees it, and whoever stops
// reading for a while misses nothing. TLS may have to write before it can read, and the other way round; watch_for() and allowed_by() translate.
//
// Not thread-safe. SIGPIPE must be ignored: OpenSSL calls write().
class channel {
public:
    static constexpr std::size_t longest_record = 16 * 1024;

    channel() = default;
    explicit channel(unique_fd fd, tls_ptr tls = {});
    channel(channel&&) noexcept = default;
    channel& operator=(channel&& other) noexcept;
    ~channel() { close(); }

    int fd() const { return fd_.get(); }
    bool is_open() const { return fd_.is_open(); }
    bool is_tls() const { return tls_ != nullptr; }

    // TLS only, until it is done: before anything is received or sent.
    transfer shake_hands();

    transfer receive(std::span<char> into) {
        if (tls_) [[unlikely]]
            return receive_tls(into);
        const ssize_t got = receive_from(fd_.get(), into.data(), into.size());
        if (got > 0) [[likely]]
            return {transfer::status::done, static_cast<std::size_t>(got)};
        return got == 0 ? transfer{transfer::status::ended} : judge_errno();
    }

    // May send a part only. After `waits`, the bytes must come again, though they may lie elsewhere and be followed by more.
    transfer send(std::string_view bytes) {
        if (tls_) [[unlikely]]
            return send_tls(bytes);
        const ssize_t sent = send_to(fd_.get(), bytes.data(), bytes.size());
        if (sent >= 0) [[likely]]
            return {transfer::status::done, static_cast<std::size_t>(sent)};
        return judge_errno();
    }

    // What to watch for in order to receive, or to send.
    interest watch_for(bool receiving, bool sending) const {
        if (!tls_) [[likely]]
            return {receiving, sending};
        return {(receiving && !tls_->receive_needs_write) || (sending && tls_->send_needs_read),
                (sending && !tls_->send_needs_read) || (receiving && tls_->receive_needs_write)};
    }
    // What can be tried, given what the descriptor is ready for: `readable` = receive, `writable` = send.
    readiness allowed_by(readiness ready) const {
        if (!tls_) [[likely]]
            return ready;
        return {tls_->receive_needs_write ? ready.writable : ready.readable, tls_->send_needs_read ? ready.readable : ready.writable,
                ready.broken};
    }

    // The same for bytes that lie in several places. Not with TLS.
    transfer send(std::span<const iovec> parts) {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(parts.data());
        message.msg_iovlen = parts.size();
        const ssize_t sent = send_to(fd_.get(), message);
        if (sent >= 0) [[likely]]
            return {transfer::status::done, static_cast<std::size_t>(sent)};
        return judge_errno();
    }

    // Of the last call that failed, in words for people.
    std::string why() const;

    // The peer is told that nothing more comes; it may still send.
    void end_sending();
    void close();

private:
    struct tls_side {
        tls_ptr session;
        unsigned long error = 0;  // as OpenSSL packs it
        bool receive_needs_write = false;
        bool send_needs_read = false;
        bool is_broken = false;  // a fatal failure: OpenSSL must not be asked for anything more
    };

    transfer receive_tls(std::span<char> into);
    transfer send_tls(std::string_view bytes);
    void look_for_alert();
    transfer judge_errno();
    transfer judge_tls(int result, bool& needs_other_way, int other_way);

    unique_fd fd_;
    int errno_ = 0;  // of the failure, 0 = see tls_side::error
    std::unique_ptr<tls_side> tls_;  // null: the bytes go as they are
};

}  // namespace respgres::net
