#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::protocol {

// What a client may send before it is told off. Sizes are bytes.
struct request_limits {
    std::size_t max_arguments = 65'536;
    std::size_t max_bulk = 16 * 1024 * 1024;      // one argument
    std::size_t max_command = 64 * 1024 * 1024;   // one whole command, frame included
    std::size_t max_inline = 64 * 1024;           // one inline line, as Redis has it
    bool is_authenticated = true;                 // false: errors say that these are the limits of those who are not
};

// What Redis 7 takes from a client that has not authenticated.
constexpr request_limits unauthenticated_limits{10, 16 * 1024, 64 * 1024 * 1024, 64 * 1024, false};

// Cuts a client's byte stream into commands: RESP arrays of bulk strings, and inline commands.
//
// Pure: no I/O, no clock. It never copies what it is given, so views that it returns point into `input`.
// It keeps how far it has read between calls, so a large command that arrives in many pieces is scanned once.
// Strict where Redis is lenient (a bulk must be followed by CRLF, lengths have no sign or leading zero), because a frame that
// is accepted here is forwarded byte for byte: accepting exactly the canonical form makes the received bytes canonical.
class request_parser {
public:
    enum class status : std::uint8_t {
        command,     // arguments() holds one command; drop consumed() bytes and call next() again
        nothing,     // an empty line, `*0` or `*-1`: no command, no reply; drop consumed() bytes and call next() again
        incomplete,  // more bytes are needed; keep those that are there
        error,       // error() says why; the stream's position is lost: reply and close
    };

    explicit request_parser(const request_limits& limits = {});

    // Reads the next command. `input` begins with the first byte that was not yet consumed; after `incomplete` it must begin
    // with the same bytes as before, with more behind them (they may have moved in memory).
    status next(std::string_view input);

    // The command's words, the name first. Valid until the next call, and while `input` stays where it is
    // (inline commands with quotes: the words are unescaped into the parser's own memory).
    const std::vector<std::string_view>& arguments() const { return arguments_; }

    // The command's bytes as received, in canonical RESP form, ready to be forwarded; empty for an inline command.
    std::string_view frame() const { return frame_; }

    // Bytes to drop from the front of the input after `command` or `nothing`.
    std::size_t consumed() const { return consumed_; }

    // After `incomplete`: how many bytes the input must hold at least before another call can succeed (a hint for the buffer).
    // It looks no further than the argument under way, but that one may be announced and never sent: grow in steps.
    std::size_t wanted() const { return wanted_; }

    // A part of a command was read, whose rest must follow.
    bool is_within_command() const { return position_ != 0 || expected_ != 0; }
    // Not that, and nothing was wrong: the next byte begins a command.
    bool is_between_commands() const { return !is_within_command() && error_.empty(); }
    std::size_t memory() const {   // bytes beside the object
        return arguments_.capacity() * sizeof(std::string_view) + pieces_.capacity() * sizeof(piece) + unescaped_.capacity();
    }

    // After `error`, which is final: the text of the reply without the leading '-' and without CRLF ("ERR Protocol error: ...").
    // Never holds CR, LF or other control bytes.
    const std::string& error() const { return error_; }

    // Limits may change between commands (tighter ones hold before authentication).
    void set_limits(const request_limits& limits) { limits_ = limits; }

private:
    struct piece {
        std::size_t offset;
        std::size_t length;
    };

    // These return `command` for "go on".
    bool take_short(std::string_view input);
    status next_array(std::string_view input);
    status read_count(std::string_view input);
    status read_bulk(std::string_view input);
    status next_inline(std::string_view input);
    status read_line(std::string_view line);

    status need(std::size_t bytes);
    status finish(status how, std::size_t consumed);
    status fail(std::string text);
    status fail_length(std::string_view what, std::uint64_t got, std::size_t limit);

    request_limits limits_;
    std::vector<std::string_view> arguments_;
    std::vector<piece> pieces_;        // arguments read so far, as offsets, since `input` may move
    std::string_view frame_;
    std::string unescaped_;
    std::string error_;
    std::size_t consumed_ = 0;
    std::size_t wanted_ = 0;
    std::size_t position_ = 0;         // array: offset of the next unread element; inline: offset up to which no LF was found
    std::size_t expected_ = 0;         // arguments that the array announced; 0 = header not read yet
};

}  // namespace respgres::protocol
