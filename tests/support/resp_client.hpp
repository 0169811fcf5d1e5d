#pragma once

#include "tests/support/socket_stream.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// A blocking Redis client that hands out replies as the bytes that came, RESP2 or RESP3.
//
// Every wait ends after 10 s with std::runtime_error (a hang is a failure), and so do a closed connection and bytes that are no RESP.
// Not thread-safe.
class resp_client {
public:
    explicit resp_client(std::uint16_t port) : stream_(port) {}
    explicit resp_client(const std::string& unix_path) : stream_(unix_path) {}
    resp_client(std::uint16_t port, const tls_options& tls) : stream_(port, tls) {}

    // Sends one command as an array of bulks and returns the bytes of its reply.
    std::string call(const std::vector<std::string>& words);
    std::string call(std::initializer_list<std::string> words) { return call(std::vector<std::string>(words)); }

    // Sends `bytes` as they are and returns the bytes of one reply.
    std::string call_raw(std::string_view bytes);

    void send(const std::vector<std::string>& words) { send_raw(encode(words)); }
    void send_raw(std::string_view bytes) { stream_.write(bytes); }
    std::string read_reply();
    // What comes until the peer closes, for instance after QUIT or a protocol error.
    std::string read_all_until_close();
    // True if the peer has closed, false if nothing came within `milliseconds`; throws if bytes came.
    bool closed_within(int milliseconds);

    // Switches to RESP3 and returns the reply's bytes (a map).
    std::string hello3() { return call({"HELLO", "3"}); }
    // Ends our sending side; the peer reads an end of file.
    void shutdown_send() { stream_.shutdown_send(); }
    void close() { stream_.close(); }

    static std::string encode(const std::vector<std::string>& words);

private:
    socket_stream stream_;
    std::string buffer_;   // read from the socket, not yet handed out
};

// The payload of a bulk reply ("$5\r\nhello\r\n" or the RESP3 verbatim form) as text. Throws for any other reply, with its bytes.
std::string bulk_text(std::string_view reply);

}  // namespace respgres::tests
