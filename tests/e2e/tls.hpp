// A proxy with a TLS port beside its plain one, in front of a Redis.
#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <string>

namespace respgres::tests {

class tls_proxy {
public:
    struct options {
        bool asks_for_certificates = false;
        std::string tls = {};      // further lines of [tls]
        std::string server = {};   // and of [server]
        certificate_files own = {};
    };

    tls_proxy() : tls_proxy(options{}) {}
    explicit tls_proxy(const options& how) : proxy_(config(how)) {}

    std::uint16_t port() const { return tls_port_.number(); }
    proxy_process& proxy() { return proxy_; }
    const authority& signer() const { return signer_; }
    redis_server& redis() { return redis_; }

    // How a client speaks that trusts our authority.
    tls_options trusting() const { return {signer_.file()}; }
    tls_options with_certificate(const certificate_files& files) const { return {signer_.file(), files.certificate, files.key}; }
    resp_client client() const { return {port(), trusting()}; }

private:
    proxy_config config(const options& how) const {
        const auto own = how.own.certificate.empty() ? signer_.issue("proxy") : how.own;
        proxy_config made;
        made.redis_url = redis_.url();
        made.postgres_url = postgres_server::shared().url();
        made.server_options = how.server;
        made.more_listen = "\"tls:127.0.0.1:" + std::to_string(port()) + "\"";
        made.sections = "[tls]\ncertificate = \"" + own.certificate + "\"\nkey = \"" + own.key + "\"\n" + how.tls + "\n";
        if (how.asks_for_certificates) made.sections += "client_ca = \"" + signer_.file() + "\"\n";
        made.mappings = "[mapping.one]\nkey = \"mapped:{id:int}\"\nshape = \"string\"\nttl = \"1m\"\nquery = \"SELECT :id::text\"\n";
        return made;
    }

    authority signer_;
    redis_server redis_;
    reserved_port tls_port_;
    proxy_process proxy_;
};

// A text of `size` bytes in which a piece that is lost, doubled or moved shows.
inline std::string patterned(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& letter : text) letter = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    return text;
}

// What a client sees of an event may come before the line in the log.
inline void wait_for_log(const proxy_process& proxy, const std::string& words) {
    eventually("the log says '" + words + "'", [&] { return proxy.log().find(words) != std::string::npos; });
}

// For messages of failed checks: not the megabytes themselves.
inline bool same_bytes(const std::string& left, const std::string& right) {
    return left == right;
}

}  // namespace respgres::tests
