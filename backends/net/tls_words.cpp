#include "backends/net/tls_words.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace respgres::net {

namespace {

// Words for our side as a client of Redis, and as the server of our clients. Empty: OpenSSL's own.
struct row {
    int reason;
    std::string_view as_client;
    std::string_view as_server;
};

constexpr std::string_view no_tls = "what answers speaks no TLS; is this the plain port?";
constexpr std::string_view plain_client = "the client speaks no TLS";
constexpr std::string_view client_distrusts = "the client does not trust our certificate";
constexpr std::string_view asks_certificate = "the server asks for a client certificate: tls_certificate and tls_key";

constexpr std::array rows{
    row{SSL_R_WRONG_VERSION_NUMBER, no_tls, plain_client},
    row{SSL_R_HTTP_REQUEST, no_tls, plain_client},
    row{SSL_R_UNSUPPORTED_PROTOCOL, "the server has no TLS 1.2 or later", "the client has no TLS version that min_version allows"},
    row{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the server has no TLS version in common with us", "the client refuses our TLS version"},
    row{SSL_R_NO_SHARED_CIPHER, {}, "the client has no cipher in common with us"},
    row{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, {}, "the client has no certificate, which client_ca asks for"},
    row{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, asks_certificate, {}},
    row{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
        "the server refuses: no cipher in common, or it asks for a client certificate (tls_certificate)",
        {}},
    row{SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the server does not trust our tls_certificate", client_distrusts},
    row{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the server refuses our tls_certificate", client_distrusts},
    row{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the server refuses our tls_certificate", client_distrusts},
    row{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "the server says that our tls_certificate has expired",
        "the client says that our certificate has expired"},
};

std::string_view whose_authority(long result, bool is_server) {
    switch (result) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE: return is_server ? " is not signed by client_ca" : " is not signed by tls_ca";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return " is for another host (see tls_server_name)";
        default: return " is not valid";
    }
}

std::string certificate_words(const ssl_st& session) {
    const long result = SSL_get_verify_result(&session);
    const bool is_server = SSL_is_server(&session) == 1;
    return std::string(is_server ? "the client's" : "its")
        .append(" certificate")
        .append(whose_authority(result, is_server))
        .append(": ")
        .append(X509_verify_cert_error_string(result));
}

}  // namespace

std::string tls_words(unsigned long error, const ssl_st& session) {
    const int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
        if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return certificate_words(session);
        const auto found = std::find_if(rows.begin(), rows.end(), [reason](const row& each) { return each.reason == reason; });
        if (found != rows.end()) {
            const std::string_view words = SSL_is_server(&session) == 1 ? found->as_server : found->as_client;
            if (!words.empty()) return std::string(words);
        }
    }
    const char* const words = ERR_reason_error_string(error);
    return words == nullptr ? "TLS error " + std::to_string(error) : std::string("TLS: ") + words;
}

}  // namespace respgres::net
