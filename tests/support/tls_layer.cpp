#include "tests/support/tls_layer.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

namespace respgres::tests {
namespace {

[[noreturn]] void fail(const std::string& what) {
    const char* const words = ERR_reason_error_string(ERR_peek_error());
    throw std::runtime_error("TLS " + what + ": " + (words == nullptr ? "?" : words));
}

void check(int answer, const std::string& what) {
    if (answer != 1) fail(what);
}

}  // namespace

tls_layer::tls_layer(const tls_options& options) {
    ERR_clear_error();
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    check(SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()), "ca_file");
    if (!options.certificate.empty()) {
        check(SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()), "certificate");
        check(SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(), SSL_FILETYPE_PEM), "key");
    }
    if (options.max_version != 0) {
        SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");   // what is older than 1.2 needs it
        SSL_CTX_set_min_proto_version(context.get(), 0);
        SSL_CTX_set_max_proto_version(context.get(), options.max_version);
    }
    session_ = SSL_new(context.get());
    SSL_set_bio(session_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(session_);
}

tls_layer::~tls_layer() {
    SSL_free(session_);
}

bool tls_layer::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_);
    if (result == 1) return true;
    if (SSL_get_error(session_, result) != SSL_ERROR_WANT_READ) fail("handshake");
    return false;
}

void tls_layer::write(std::string_view plain) {
    ERR_clear_error();
    std::size_t written = 0;
    if (!plain.empty()) check(SSL_write_ex(session_, plain.data(), plain.size(), &written), "write");
}

void tls_layer::end() {
    SSL_shutdown(session_);
}

bool tls_layer::read(std::string& plain) {
    std::array<char, 16 * 1024> block{};
    while (true) {
        ERR_clear_error();
        std::size_t got = 0;
        const int result = SSL_read_ex(session_, block.data(), block.size(), &got);
        if (result == 1) {
            plain.append(block.data(), got);
            continue;
        }
        const int verdict = SSL_get_error(session_, result);
        if (verdict == SSL_ERROR_WANT_READ) return true;
        if (verdict == SSL_ERROR_ZERO_RETURN) return false;
        fail("read");
    }
}

std::string tls_layer::take_output() {
    BIO* const output = SSL_get_wbio(session_);
    std::string bytes(BIO_ctrl_pending(output), '\0');
    if (!bytes.empty()) BIO_read(output, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void tls_layer::feed(std::string_view bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(session_), bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace respgres::tests
