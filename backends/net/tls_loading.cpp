#include "backends/net/tls_loading.hpp"

#include "conf/values/text_file.hpp"

#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string_view>
#include <utility>

namespace respgres::net {

namespace {

using file_option = conf::located<std::string>;

constexpr std::size_t longest_file = 4u * 1024 * 1024;   // a system's bundle of authorities has some 200 KiB

std::string last_words() {
    const char* const words = ERR_reason_error_string(ERR_peek_error());
    return words == nullptr ? "unknown error" : words;
}

// OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

// Builds one context; collects what is wrong with the files on the way.
class loading {
public:
    explicit loading(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {
        SSL_CTX_set_default_passwd_cb(context_.get(), no_passphrase);
    }

    SSL_CTX* context() { return context_.get(); }

    void own_certificate(std::string_view name, const file_option& certificate, std::string_view key_name, const file_option& key) {
        const bool have_certificate = is_readable(name, certificate, false);
        const bool have_key = is_readable(key_name, key, true);
        ERR_clear_error();
        bool loaded = have_certificate && accept(SSL_CTX_use_certificate_chain_file(context(), certificate.value.c_str()), name,
                                                 certificate, "holds no certificate in PEM form");
        if (loaded) warn_of_dates(name, certificate);
        if (!have_key) return;
        if (SSL_CTX_use_PrivateKey_file(context(), key.value.c_str(), SSL_FILETYPE_PEM) == 1) return;
        const int reason = ERR_GET_REASON(ERR_peek_last_error());
        if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509 || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
            complain(key_name, key, "is not the key of the certificate");
        else if (is_encrypted(key.value))
            complain(key_name, key, "is protected by a passphrase, which nobody can enter; store it without one, mode 600");
        else
            complain(key_name, key, "holds no private key in PEM form");
    }

    void authorities(std::string_view name, const file_option& file) {
        if (!is_readable(name, file, false)) return;
        ERR_clear_error();
        accept(SSL_CTX_load_verify_file(context(), file.value.c_str()), name, file, "holds no certificates in PEM form");
    }

    // `set` is what OpenSSL answered to a list of ciphers.
    void ciphers(std::string_view name, const file_option& list, int set) {
        if (set != 1) add(name, list, conf::quote(list.value) + ": OpenSSL knows none of them");
        ERR_clear_error();
    }

    tls_loaded finish(std::string server_name = {}) {
        if (result_.found.empty()) result_.context = std::make_shared<const tls_context>(std::move(context_), std::move(server_name));
        ERR_clear_error();
        return std::move(result_);
    }

private:
    void add(std::string_view name, const file_option& option, const std::string& what) {
        result_.found.push_back({option.where, std::string(name) + ": " + what});
    }
    void complain(std::string_view name, const file_option& option, const std::string& what) {
        add(name, option, conf::quote(option.value) + " " + what);
        ERR_clear_error();
    }
    bool accept(int answer, std::string_view name, const file_option& option, const std::string& otherwise) {
        if (answer != 1) complain(name, option, otherwise + " (" + last_words() + ")");
        return answer == 1;
    }

    bool is_readable(std::string_view name, const file_option& option, bool is_secret) {
        auto file = conf::read_text_file(option.value, longest_file);
        OPENSSL_cleanse(file.text.data(), file.text.size());
        if (!file.wrong.empty()) complain(name, option, file.wrong);
        const bool is_open = file.wrong.empty() && is_secret && !file.is_private;
        if (is_open) complain(name, option, "is open to every user of this machine; chmod 600 or 640 it");
        return file.wrong.empty() && !is_open;
    }

    static bool is_encrypted(const std::string& path) {
        auto file = conf::read_text_file(path, longest_file);
        const bool found = file.text.find("ENCRYPTED") != std::string::npos;
        OPENSSL_cleanse(file.text.data(), file.text.size());
        return found;
    }

    void warn_of_dates(std::string_view name, const file_option& option) {
        const X509* const own = SSL_CTX_get0_certificate(context());
        const auto warn = [&](std::string_view what) {
            result_.warnings.push_back({option.where, std::string(name) + ": " + conf::quote(option.value) + std::string(what)});
        };
        if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0) warn(" has expired; others will refuse it");
        if (X509_cmp_current_time(X509_get0_notBefore(own)) > 0) warn(" is not valid yet; others will refuse it");
    }

    tls_context::native context_;
    tls_loaded result_;
};

int version_of(conf::tls_version version) {
    return version == conf::tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

}  // namespace

tls_loaded load_server_tls(const conf::server_settings& server, const conf::tls_settings& tls) {
    const auto& listen = server.listen;
    if (std::none_of(listen.begin(), listen.end(), [](const auto& each) { return each.value.tls; })) return {};
    if (tls.certificate.value.empty() || tls.key.value.empty()) return {};   // has its problem already
    loading load(TLS_server_method());
    SSL_CTX* const context = load.context();
    SSL_CTX_set_min_proto_version(context, version_of(tls.min_version));
    load.own_certificate("certificate", tls.certificate, "key", tls.key);
    if (!tls.client_ca.value.empty()) {
        load.authorities("client_ca", tls.client_ca);
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(tls.client_ca.value.c_str()));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (!tls.ciphers.value.empty()) load.ciphers("ciphers", tls.ciphers, SSL_CTX_set_cipher_list(context, tls.ciphers.value.c_str()));
    if (!tls.ciphersuites.value.empty())
        load.ciphers("ciphersuites", tls.ciphersuites, SSL_CTX_set_ciphersuites(context, tls.ciphersuites.value.c_str()));
    // A session with a verified certificate is resumed only where it was verified.
    constexpr unsigned char name[] = "respgres";
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    return load.finish();
}

tls_loaded load_client_tls(const conf::redis_settings& redis) {
    if (!redis.address.tls) return {};
    loading load(TLS_client_method());
    SSL_CTX* const context = load.context();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (redis.tls_ca.value.empty())
        SSL_CTX_set_default_verify_paths(context);   // the system's authorities
    else
        load.authorities("tls_ca", redis.tls_ca);
    // tls_ca may be the server's own certificate, too.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    if (!redis.tls_certificate.value.empty() && !redis.tls_key.value.empty())
        load.own_certificate("tls_certificate", redis.tls_certificate, "tls_key", redis.tls_key);
    return load.finish(redis.tls_server_name);
}

}  // namespace respgres::net
