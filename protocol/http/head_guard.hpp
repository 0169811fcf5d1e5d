#pragma once

#include "protocol/http/http_request.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace respgres::protocol {

// Collects the head of a request (request line and headers) and accepts only what every HTTP implementation reads the same way.
// llhttp reads the head only after it has passed here: 8.1 takes a bare CR or LF for a line's end, unless told otherwise when it
// is compiled, and skips over more than we want to be silent about.
class head_guard {
public:
    // Bytes of the head, its line ends included; header lines.
    head_guard(std::size_t max_bytes, std::size_t max_headers) : max_bytes_(max_bytes), max_headers_(max_headers) {}

    // Takes bytes from the front of `input`, up to the end of the head at most; returns how many were good.
    // The answer depends on the bytes and not on how they were cut, and a wrong byte is told at once.
    std::size_t take(std::string_view input);

    bool is_complete() const { return complete_; }
    http_failure failure() const { return failure_; }
    const std::string& text() const { return text_; }

    // For the next request on the connection.
    void reset();

private:
    http_failure accept(char c);
    http_failure end_line();

    std::size_t max_bytes_;
    std::size_t max_headers_;
    std::string text_;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;            // complete ones, the request line included
    bool skipped_empty_line_ = false;
    bool complete_ = false;
    http_failure failure_;
};

}  // namespace respgres::protocol
