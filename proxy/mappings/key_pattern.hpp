#pragma once

#include "conf/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace respgres::proxy {

enum class capture_type : std::uint8_t { text, integer, uuid, date };   // {name}, {name:int}, {name:uuid}, {name:date}

struct capture {
    std::string name;
    capture_type type = capture_type::text;
    std::size_t offset = 0;                      // of its '{' in the pattern's text
};

// What a pattern took out of a key. Views point into the key.
struct captures {
    std::vector<std::string_view> values;        // in the order of the pattern's captures; cleared and reused by match()
    // Set when the key has the pattern's form but a capture does not convert (letters for an int, beyond int8, invalid UTF-8 ...):
    // which one, and why ("capture 'id' is not an int8"). The key still belongs to the mapping; it never reaches SQL.
    const capture* invalid = nullptr;
    std::string_view why;
};

// A key pattern: literal text and typed captures, "active_bets:limit_{limit:int}".
//
// A capture takes at least one byte. One that ends the pattern takes the rest of the key; one in the middle ends at the first
// occurrence of the literal text that follows it (a date or uuid that is complete ends where it is complete, if that text follows
// there: "{day:date}-{n:int}" works). `{{` and `}}` stand for the braces themselves. Two captures need text between them, and the first
// one needs text before it. A pattern has at most max_bytes. int: an int8 in canonical decimal (-9223372036854775808 ..
// 9223372036854775807, no leading zero or plus sign); uuid: 8-4-4-4-12 hex digits; date: YYYY-MM-DD that exists; text: valid UTF-8
// without NUL (PostgreSQL stores no other) of at most max_text_capture_bytes.
class key_pattern {
public:
    struct problem {
        std::size_t offset;
        std::string message;
    };   // offset into the pattern's text

    static constexpr std::size_t max_bytes = 1'024;
    static constexpr std::size_t max_text_capture_bytes = 64 * 1'024;

    static std::variant<key_pattern, problem> parse(std::string_view text);

    // Whether `key` has the pattern's form; fills `out` (see captures).
    bool match(std::string_view key, captures& out) const;

    const std::string& text() const { return text_; }
    const std::vector<capture>& all_captures() const { return captures_; }
    std::string_view prefix() const;             // the literal text before the first capture
    std::size_t literal_bytes() const { return literal_bytes_; }
    std::size_t typed_captures() const { return typed_captures_; }

    // The order of specificity: more literal bytes first, then more typed captures. True when *this is the more specific of the two.
    bool more_specific_than(const key_pattern& other) const;
    // Whether some key has the form of both, captures valid (int and date never meet, for example).
    // May say yes where only the rules on first occurrences, leading zeros or the calendar keep the two apart; a no is certain.
    bool intersects(const key_pattern& other) const { return common_key(other).has_value(); }
    // A key that shows the intersection, nullopt for none. Match it before showing it to anyone, see intersects().
    std::optional<std::string> common_key(const key_pattern& other) const;

    // The pattern piece by piece: literal text and captures in turn, beginning with text.
    struct segment {
        std::string literal;
        int capture = -1;
    };   // capture >= 0: index into all_captures(); else literal text
    const std::vector<segment>& segments() const { return segments_; }

private:
    class reader;

    std::size_t capture_size(std::string_view rest, std::size_t segment_index) const;
    void check(std::size_t capture, captures& out) const;

    std::string text_;
    std::vector<segment> segments_;
    std::vector<capture> captures_;
    std::vector<std::vector<std::string>> faults_;   // per capture: what `why` points to, by the fault's number
    std::size_t literal_bytes_ = 0;
    std::size_t typed_captures_ = 0;
    bool ends_in_its_only_capture_ = false;      // text and one capture, as most have it
};

}  // namespace respgres::proxy
