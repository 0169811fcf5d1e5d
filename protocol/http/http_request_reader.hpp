#pragma once

#include "protocol/http/chunk_guard.hpp"
#include "protocol/http/head_guard.hpp"
#include "protocol/http/http_request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct llhttp__internal_s;

namespace respgres::protocol {

// What a client may send. The defaults suit a small admin server.
struct http_limits {
    std::size_t max_head = 8 * 1024;     // bytes of request line and headers; also of a chunked body's sizes, extensions and trailers
    std::size_t max_headers = 100;
    std::size_t max_body = 64 * 1024;    // bytes
};

// Reads HTTP/1.x requests from a stream of bytes, however it is cut: llhttp with all lenient flags off, behind guards that refuse
// what it would let pass. Strict on purpose: a request that two implementations could read differently is an error.
//
// Pure: no I/O, no clock. It copies what it keeps; at most max_head + max_body and a little more.
//
// Refused: 400 for whatever is malformed or ambiguous (Content-Length together with Transfer-Encoding, either of them twice, codings
// other than chunked, white space before a colon, folded headers, bare CR or LF, HTTP/0.9, a target that is no path, Host missing,
// twice or malformed on 1.1, Upgrade); 413 body too large; 417 any Expect; 431 head too large; 501 method unknown; 505 version.
class http_request_reader {
public:
    enum class status : std::uint8_t {
        request,     // request() is complete; call next() with the bytes behind it when it is answered, unless keep_alive is false
        incomplete,  // all bytes were taken, more are needed
        error,       // failure() says why; reply and close. Final: nothing behind it is ever read as a request
    };

    struct piece {
        std::size_t length;   // bytes of the input that were taken; drop them (0 with an error)
        status state;
    };

    explicit http_request_reader(const http_limits& limits = {});
    ~http_request_reader();
    http_request_reader(http_request_reader&&) noexcept;
    http_request_reader& operator=(http_request_reader&&) noexcept;

    // Takes bytes from the front of `input`, up to the end of the request at most.
    piece next(std::string_view input);

    // The request, after `request`. The caller may move from it. Valid until the next call.
    http_request& request() { return request_; }

    http_failure failure() const { return failure_; }

    // No byte of a request has come since the last one ended: to close the connection now interrupts nobody.
    bool is_idle() const { return idle_ || message_complete_; }

private:
    struct events;

    void begin_request();
    bool read_head();
    std::size_t read_body(std::string_view input);
    bool feed(std::string_view bytes);
    bool fail(http_failure failure);
    http_failure begin_header(std::string_view name);
    http_failure check_headers();

    http_limits limits_;
    std::unique_ptr<llhttp__internal_s> parser_;
    http_request request_;
    head_guard head_;
    chunk_guard chunks_;
    std::size_t body_left_ = 0;          // with Content-Length: bytes still to come
    bool chunked_ = false;
    bool headers_complete_ = false;
    bool message_complete_ = false;
    bool idle_ = true;
    http_failure failure_;
};

}  // namespace respgres::protocol
