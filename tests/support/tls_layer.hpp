#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace respgres::tests {

// How a client speaks TLS. The server's certificate must be signed by `ca_file`.
struct tls_options {
    std::string ca_file;
    std::string certificate = {};   // of the client; empty: none
    std::string key = {};
    int max_version = 0;        // as OpenSSL numbers them; 0: the newest
    std::size_t piece = 0;      // what is sent leaves in pieces of so many bytes; 0: as it is
};

// The client's side of a TLS session without I/O: a test decides which bytes travel when. Errors are std::runtime_error with OpenSSL's words.
class tls_layer {
public:
    explicit tls_layer(const tls_options& options);
    ~tls_layer();
    tls_layer(const tls_layer&) = delete;
    tls_layer& operator=(const tls_layer&) = delete;

    // One step of the handshake; true when it is done.
    bool shake_hands();
    void write(std::string_view plain);
    void end();  // close_notify
    // Appends what can be decrypted to `plain`; false at the end of the stream.
    bool read(std::string& plain);

    // Bytes for the wire, and from it.
    std::string take_output();
    void feed(std::string_view bytes);

    const ssl_st* native() const { return session_; }

private:
    ssl_st* session_ = nullptr;
};

}  // namespace respgres::tests
