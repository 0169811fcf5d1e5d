#include "backends/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

namespace respgres::net {

void tls_context::deleter::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

// RESP tells the length of everything, so a stream that ends without close_notify cannot pass for a shorter command or reply: it ends like TCP's.
// Without AUTO_RETRY, what is no data (a ticket, a key update) ends a read, so that no peer can keep a worker busy within one call.
tls_context::tls_context(native context, std::string server_name) : context_(std::move(context)), server_name_(std::move(server_name)) {
    SSL_CTX* const raw = context_.get();
    SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets resume sessions without memory of ours
    ERR_clear_error();
}

tls_ptr tls_context::accept(int fd) const {
    tls_ptr session(SSL_new(context_.get()));
    if (!session || SSL_set_fd(session.get(), fd) != 1) return {};
    SSL_set_accept_state(session.get());
    return session;
}

tls_ptr tls_context::connect(int fd, const std::string& host) const {
    tls_ptr session(SSL_new(context_.get()));
    if (!session || SSL_set_fd(session.get(), fd) != 1) return {};
    const std::string& wanted = server_name_.empty() ? host : server_name_;
    X509_VERIFY_PARAM* const rules = SSL_get0_param(session.get());
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, wanted.c_str()) != 1) {  // no IP address: a name, which the server is told too
        if (SSL_set1_host(session.get(), wanted.c_str()) != 1 || SSL_set_tlsext_host_name(session.get(), wanted.c_str()) != 1) return {};
    }
    ERR_clear_error();
    SSL_set_connect_state(session.get());
    return session;
}

}  // namespace respgres::net
