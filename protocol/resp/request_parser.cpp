#include "protocol/resp/request_parser.hpp"

#include "protocol/resp/inline_command.hpp"
#include "protocol/resp/length_line.hpp"
#include "protocol/resp/short_command.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace respgres::protocol {

namespace {

// Vectors that a large command blew up beyond this are given back, so that an idle connection stays small.
constexpr std::size_t kept_arguments = 1024;
constexpr std::size_t kept_unescaped = 4096;

// The shortest element that can follow is `$0 CRLF CRLF`.
constexpr std::size_t shortest_bulk = 6;

constexpr char tls_handshake = 0x16;   // the first byte of a client that speaks TLS

bool is_printable(char c) {
    return c > ' ' && c < '\x7f';
}

std::string byte_name(char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return std::string("byte 0x") + digits[byte >> 4] + digits[byte & 15];
}

bool starts_inline(char c) {
    return (c >= ' ' && c < '\x7f') || (c >= '\t' && c <= '\r');
}

}  // namespace

request_parser::request_parser(const request_limits& limits) : limits_(limits) {}

request_parser::status request_parser::next(std::string_view input) {
    if (!error_.empty()) [[unlikely]]
        return status::error;
    assert(position_ <= input.size());
    arguments_.clear();
    frame_ = {};
    if (input.empty()) return need(1);
    if (input.front() != '*') return next_inline(input);
    if (!is_within_command()) {
        if (take_short(input)) return status::command;
    }
    return next_array(input);
}

// The common case in one pass. Anything else, errors too, goes the long way.
bool request_parser::take_short(std::string_view input) {
    short_command read;
    if (arguments_.capacity() > kept_arguments || !read.read(input)) return false;
    if (read.words().size() > limits_.max_arguments || read.length() > std::min(limits_.max_bulk, limits_.max_command)) return false;
    arguments_.assign(read.words().begin(), read.words().end());
    frame_ = input.substr(0, read.length());
    consumed_ = read.length();
    return true;
}

request_parser::status request_parser::need(std::size_t bytes) {
    wanted_ = bytes;
    return status::incomplete;
}

request_parser::status request_parser::finish(status how, std::size_t consumed) {
    consumed_ = consumed;
    position_ = 0;
    expected_ = 0;
    return how;
}

request_parser::status request_parser::fail(std::string text) {
    error_ = "ERR Protocol error: " + std::move(text);
    return status::error;
}

request_parser::status request_parser::fail_length(std::string_view what, std::uint64_t got, std::size_t limit) {
    return fail(std::string(what) + " (got " + std::to_string(got) + ", limit " + std::to_string(limit) + ")");
}

request_parser::status request_parser::next_array(std::string_view input) {
    if (expected_ == 0) {
        const status header = read_count(input);
        if (expected_ == 0) return header;
    }
    while (pieces_.size() < expected_) {
        const status element = read_bulk(input);
        if (element != status::command) return element;
    }

    if (arguments_.capacity() > kept_arguments && pieces_.size() <= kept_arguments) std::vector<std::string_view>().swap(arguments_);
    for (const piece& argument : pieces_) arguments_.push_back(input.substr(argument.offset, argument.length));
    frame_ = input.substr(0, position_);
    return finish(status::command, position_);
}

// Reads `*N CRLF`. Memory for N arguments is taken as they arrive, not here.
request_parser::status request_parser::read_count(std::string_view input) {
    const char* const begin = input.data();
    const bool negative = input.size() > 1 && input[1] == '-';
    const length_line count = read_length_line(begin + 1 + negative, begin + input.size());
    switch (count.state) {
        case length_line::status::partial: return need(input.size() + 1);
        case length_line::status::malformed: return fail("invalid multibulk length");
        case length_line::status::too_long: return fail("too big mbulk count string");
        case length_line::status::complete: break;
    }

    const auto header_length = static_cast<std::size_t>(count.end - begin);
    if (negative) {
        // What Redis reads as a number, it ignores; "-0" and less than int64 holds are none.
        if (count.value == 0 || count.value > std::uint64_t{1} << 63) return fail("invalid multibulk length");
        return finish(status::nothing, header_length);
    }
    if (count.value == 0) return finish(status::nothing, header_length);
    if (count.value > limits_.max_arguments && !limits_.is_authenticated) return fail("unauthenticated multibulk length");
    if (count.value > limits_.max_arguments) return fail_length("invalid multibulk length", count.value, limits_.max_arguments);

    if (pieces_.capacity() > kept_arguments) std::vector<piece>().swap(pieces_);
    pieces_.clear();
    expected_ = count.value;
    position_ = header_length;
    return status::command;
}

request_parser::status request_parser::read_bulk(std::string_view input) {
    const char* const begin = input.data();
    const char* const at = begin + position_;
    const char* const end = begin + input.size();
    if (at == end) return need(position_ + shortest_bulk);
    if (*at != '$') [[unlikely]]
        return fail("expected '$', got " + (is_printable(*at) ? std::string{'\'', *at, '\''} : byte_name(*at)));

    const length_line length = read_length_line(at + 1, end);
    if (length.state != length_line::status::complete) [[unlikely]] {
        if (length.state == length_line::status::partial) return need(input.size() + 1);
        return fail(length.state == length_line::status::too_long ? "too big bulk count string" : "invalid bulk length");
    }
    if (length.value > limits_.max_bulk) [[unlikely]]
        return !limits_.is_authenticated ? fail("unauthenticated bulk length")
                                         : fail_length("invalid bulk length", length.value, limits_.max_bulk);

    const auto payload = static_cast<std::size_t>(length.end - begin);
    const std::size_t behind = payload + length.value + 2;
    if (behind > limits_.max_command) [[unlikely]]
        return fail("command of more than " + std::to_string(limits_.max_command) + " bytes");
    if (behind > input.size()) return need(behind);
    if (begin[behind - 2] != '\r' || begin[behind - 1] != '\n') [[unlikely]]
        return fail("bulk of " + std::to_string(length.value) + " bytes not followed by CRLF");
    pieces_.push_back({payload, length.value});
    position_ = behind;
    return status::command;
}

request_parser::status request_parser::next_inline(std::string_view input) {
    if (input.front() == tls_handshake) {
        error_ = "ERR this port speaks plain RESP, not TLS; a port that does is written tls:host:port (see server.listen)";
        return status::error;
    }
    if (!starts_inline(input.front())) return fail("unexpected " + byte_name(input.front()) + ", expected '*' or an inline command");

    const void* const found = std::memchr(input.data() + position_, '\n', input.size() - position_);
    if (found == nullptr) {
        if (input.size() > limits_.max_inline + 1)   // one more may be the CR of a line that fits
            return fail("too big inline request");
        position_ = input.size();
        return need(input.size() + 1);
    }

    const auto line_feed = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    std::string_view line = input.substr(0, line_feed);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const status read = read_line(line);
    return read == status::error ? read : finish(read, line_feed + 1);
}

request_parser::status request_parser::read_line(std::string_view line) {
    if (line.size() > limits_.max_inline) return fail("too big inline request");
    if (looks_like_http(line)) {
        error_ = "ERR this port speaks RESP, not HTTP; the admin endpoint is on another port (see admin.listen)";
        return status::error;
    }
    if (line.find('\0') != std::string_view::npos) return fail("unexpected byte 0x00 in an inline command");

    if (unescaped_.capacity() > kept_unescaped) std::string().swap(unescaped_);
    if (!split_inline(line, arguments_, unescaped_)) {
        arguments_.clear();
        return fail("unbalanced quotes in request");
    }
    if (arguments_.size() > limits_.max_arguments)
        return fail_length("too many words in an inline command", arguments_.size(), limits_.max_arguments);
    for (const std::string_view word : arguments_)
        if (word.size() > limits_.max_bulk) return fail_length("too big word in an inline command", word.size(), limits_.max_bulk);
    return arguments_.empty() ? status::nothing : status::command;
}

}  // namespace respgres::protocol
