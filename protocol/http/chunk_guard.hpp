#pragma once

#include "protocol/http/http_request.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respgres::protocol {

// Walks over a chunked body, one byte after the other, and accepts only what every HTTP implementation reads the same way: sizes
// of one to eight hexadecimal digits, every line ended by CRLF, nothing between a chunk's data and its CRLF. It decodes nothing
// (llhttp does, from the bytes that have passed here) but knows where the body ends.
class chunk_guard {
public:
    // Bytes: `max_body` of all chunks' data, `max_framing` of everything else (sizes, extensions, trailers).
    chunk_guard(std::size_t max_body, std::size_t max_framing) : max_body_(max_body), max_framing_(max_framing) {}

    // Takes bytes from the front of `input`, up to the end of the body at most; returns how many were good.
    std::size_t take(std::string_view input);

    bool is_complete() const { return step_ == step::complete; }
    http_failure failure() const { return failure_; }

private:
    enum class step : std::uint8_t {
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer,
        trailer_lf,
        end_lf,
        complete
    };

    bool accept(char c);
    bool accept_size(char c);
    bool accept_text(char c, step at_cr);
    bool expect(char c, char wanted, step next);
    bool begin_data();
    bool fail(int status, std::string_view reason);

    std::size_t max_body_;
    std::size_t max_framing_;
    std::size_t body_ = 0;             // data of the chunks begun so far
    std::size_t framing_ = 0;
    std::uint64_t size_ = 0;           // size of the chunk, then what is still to come of it
    std::uint8_t digits_ = 0;
    step step_ = step::size;
    http_failure failure_;
};

}  // namespace respgres::protocol
