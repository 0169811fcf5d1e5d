#include "backends/net/channel.hpp"

#include "backends/net/tls_words.hpp"

#include <boost/assert.hpp>

#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace respgres::net {

using status = transfer::status;

void tls_deleter::operator()(ssl_st* session) const {
    SSL_free(session);
}

channel::channel(unique_fd fd, tls_ptr tls) : fd_(std::move(fd)), tls_(tls ? new tls_side{std::move(tls)} : nullptr) {}

transfer channel::judge_errno() {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {status::waits};
    errno_ = errno;
    return {status::failed};
}

// `other_way` is what OpenSSL says when it waits for the opposite of what was asked of it.
transfer channel::judge_tls(int result, bool& needs_other_way, int other_way) {
    const int error = errno;   // before OpenSSL calls anything else
    const int verdict = SSL_get_error(tls_->session.get(), result);
    needs_other_way = verdict == other_way;
    switch (verdict) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return {status::waits};
        case SSL_ERROR_ZERO_RETURN: return {status::ended};
        case SSL_ERROR_SYSCALL: errno_ = error == 0 ? ECONNRESET : error; break;
        default: tls_->error = ERR_peek_error(); break;
    }
    tls_->is_broken = true;
    ERR_clear_error();
    return {status::failed};
}

transfer channel::shake_hands() {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(tls_->session.get());
    if (result == 1) {
        tls_->receive_needs_write = false;
        return {status::done};
    }
    return judge_tls(result, tls_->receive_needs_write, SSL_ERROR_WANT_WRITE);
}

transfer channel::receive_tls(std::span<char> into) {
    BOOST_ASSERT(into.size() >= longest_record);
    ERR_clear_error();
    errno = 0;
    std::size_t got = 0;
    const int result = SSL_read_ex(tls_->session.get(), into.data(), into.size(), &got);
    if (result != 1) return judge_tls(result, tls_->receive_needs_write, SSL_ERROR_WANT_WRITE);
    tls_->receive_needs_write = false;
    return {status::done, got};
}

transfer channel::send_tls(std::string_view bytes) {
    ERR_clear_error();
    errno = 0;
    std::size_t sent = 0;
    const int result = SSL_write_ex(tls_->session.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) {
        tls_->send_needs_read = false;
        return {status::done, sent};
    }
    const transfer judged = judge_tls(result, tls_->send_needs_read, SSL_ERROR_WANT_READ);
    if (judged.state == status::failed && errno_ != 0) look_for_alert();
    return judged;
}

// A peer that refuses us says why and closes: our write fails, but the reason has come and can be read.
void channel::look_for_alert() {
    char none = 0;
    std::size_t got = 0;
    const int result = SSL_read_ex(tls_->session.get(), &none, 1, &got);
    if (result != 1 && SSL_get_error(tls_->session.get(), result) == SSL_ERROR_SSL) {
        tls_->error = ERR_peek_error();
        errno_ = 0;
    }
    ERR_clear_error();
}

channel& channel::operator=(channel&& other) noexcept {
    close();
    fd_ = std::move(other.fd_);
    errno_ = other.errno_;
    tls_ = std::move(other.tls_);
    return *this;
}

std::string channel::why() const {
    if (errno_ != 0) return std::strerror(errno_);
    return tls_ ? tls_words(tls_->error, *tls_->session) : std::string();
}

// Best effort: a close_notify for which the socket has no room is not worth waiting for.
void channel::end_sending() {
    if (tls_ && !tls_->is_broken && SSL_is_init_finished(tls_->session.get()) == 1) {
        SSL_shutdown(tls_->session.get());
        ERR_clear_error();
    }
    ::shutdown(fd_.get(), SHUT_WR);
}

void channel::close() {
    if (!fd_.is_open()) return;
    if (tls_) end_sending();
    tls_.reset();
    fd_.reset();
}

}  // namespace respgres::net
