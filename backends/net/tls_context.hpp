#pragma once

#include "backends/net/channel.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;   // OpenSSL's SSL_CTX

namespace respgres::net {

// One side's certificates, authorities and rules, of which the sessions of its connections are made. Constant; shared by all threads.
class tls_context {
public:
    struct deleter {
        void operator()(ssl_ctx_st* context) const;
    };
    using native = std::unique_ptr<ssl_ctx_st, deleter>;

    // `server_name` is what servers' certificates must be for, if it is not the host that is connected to.
    explicit tls_context(native context, std::string server_name = {});

    // Sessions over `fd`, which the channel is to own. Null when there is no memory. A client's verifies the certificate's chain and that it is for
    // `host`, a name or an IP address.
    tls_ptr accept(int fd) const;
    tls_ptr connect(int fd, const std::string& host) const;

private:
    native context_;
    std::string server_name_;
};

}  // namespace respgres::net
