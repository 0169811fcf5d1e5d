#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respgres::protocol {

// Finds where replies end in the byte stream of a Redis server (RESP2 and RESP3), without building values.
//
// Pure, allocation-free, one pass: a byte is looked at once however the stream is cut, payloads of bulks are skipped, and the
// bytes of a reply can be passed on before its end has arrived.
class reply_framer {
public:
    static constexpr std::size_t max_depth = 32;

    enum class status : std::uint8_t { complete, incomplete, malformed };

    struct piece {
        std::size_t length;   // bytes of `input`, from its front, that belong to the reply under way
        status state;         // complete: the reply ends with these bytes
    };

    // The length of the reply at the front of `input` if it is all there and a bulk string or a short line, as most replies are; else 0. For whoever is
    // between two replies: it asks nothing and changes nothing of the framer.
    static std::size_t whole_reply(std::string_view input);

    // Takes bytes of the reply under way from the front of `input`. The next call continues behind piece.length bytes.
    // Nesting deeper than max_depth, lengths that are no canonical decimal (but -1 where RESP2 has it), unknown type bytes, pushes
    // inside a reply and CR or LF alone in a line are malformed: the stream is then of no more use, and every further call says so.
    // Streamed RESP3 types (`$?`, `*?`) are malformed: Redis never sends them.
    piece next(std::string_view input);

    // Type byte of the reply whose bytes next() returned last ('+', '-', ':', '$', '*', '_', '#', ',', '(', '!', '=', '%', '~', '>').
    // An attribute ('|') counts as part of the reply that it precedes; the reply's own type is told once it is known, 0 before.
    char type() const { return type_; }

    // What was wrong, after `malformed`; a constant text.
    std::string_view error() const { return error_; }

    void reset() { *this = reply_framer(); }

private:
    enum class step : std::uint8_t { type, line, line_lf, length, length_lf, payload, payload_end };

    // Each takes bytes from `at` as far as its part of the reply goes, moves `at` and sets the next step_.
    bool take_whole_bulk(const char*& at, const char* end);
    static const char* end_of_bulk(const char* at, const char* end);
    void read_type(const char*& at);
    void read_line(const char*& at, const char* end);
    void read_length(const char*& at, const char* end);
    void skip_payload(const char*& at, const char* end);
    void read_payload_end(const char*& at);
    void begin_counted();
    void end_element();
    void fail(std::string_view why) { error_ = why; }

    // Elements still to come on each level; [0] is the reply itself, 0 = it has ended.
    std::uint64_t remaining_[max_depth + 1] = {1};
    std::uint64_t payload_ = 0;  // bytes of the payload still to skip
    std::uint64_t number_ = 0;  // length or count as far as it was read
    std::uint8_t depth_ = 0;
    std::uint8_t digits_ = 0;
    std::uint8_t payload_end_ = 0;  // bytes of the CRLF behind a payload that were seen
    step step_ = step::type;
    bool negative_ = false;
    char type_ = 0;
    char element_ = 0;  // type byte of the element under way
    std::string_view error_;
};

}  // namespace respgres::protocol
