#pragma once

#include "tests/support/tls_layer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace respgres::tests {

// A blocking connection over loopback TCP or a Unix socket; no wait is longer than 10 s. Errors are std::runtime_error.
class socket_stream {
public:
    static constexpr std::chrono::milliseconds limit{10'000};

    explicit socket_stream(std::uint16_t port);
    explicit socket_stream(const std::string& unix_path);
    // TLS over TCP; throws when the handshake fails.
    socket_stream(std::uint16_t port, const tls_options& tls);
    ~socket_stream() { close(); }
    socket_stream(socket_stream&& other) noexcept;
    socket_stream& operator=(socket_stream&& other) noexcept;

    void write(std::string_view bytes);
    // Appends what has come to `buffer`, at least one byte; returns false at the end of the stream (also when it was reset).
    // Throws after `patience` without a byte.
    bool read_some(std::string& buffer, std::chrono::milliseconds patience = limit);
    // True when bytes, or the end of the stream, can be read within `patience`.
    bool readable_within(std::chrono::milliseconds patience) const;
    void shutdown_send();
    void close();

private:
    void connect(const void* address, unsigned size, const std::string& name);
    void write_raw(std::string_view bytes);
    bool read_raw(std::string& buffer, std::chrono::milliseconds patience);
    void send_encrypted();

    int fd_ = -1;
    std::unique_ptr<tls_layer> tls_;
    std::size_t piece_ = 0;
};

}  // namespace respgres::tests
