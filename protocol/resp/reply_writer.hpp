#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace respgres::protocol {

// The protocol version that a client chose with HELLO.
enum class resp_version : std::uint8_t { resp2 = 2, resp3 = 3 };

// Appends replies to a string, as Redis 7 encodes them in either protocol version. Not thread-safe; no state but the target.
class reply_writer {
public:
    reply_writer(std::string& out, resp_version version) : out_(out), version_(version) {}

    resp_version version() const { return version_; }

    void simple(std::string_view text);                  // +text; CR, LF and NUL become spaces
    void error(std::string_view text);                   // -text; CR, LF and NUL become spaces; at most 1 KiB is kept
    void integer(std::int64_t value);
    void bulk(std::string_view bytes);
    void null();                                         // $-1 or _
    void null_array();                                   // *-1 or _
    void boolean(bool value);                            // :1/:0 or #t/#f
    void number(double value);                           // bulk or ',' with Redis' own formatting ("%.17g"; inf, -inf, nan)
    void array(std::size_t elements);                    // header only; the elements follow
    void map(std::size_t pairs);                         // *2n or %n
    void set(std::size_t elements);                      // *n or ~n
    void push(std::size_t elements);                     // *n or >n
    void verbatim(std::string_view text);                // bulk or =N\r\ntxt:...
    void raw(std::string_view bytes);                    // bytes that are already a reply

private:
    std::string& out_;
    resp_version version_;
};

// A range of words: anything but what is itself one word (a string literal, a std::string).
template <class Arguments>
concept word_range = !std::convertible_to<const Arguments&, std::string_view> && requires(const Arguments& words) {
    { words.size() } -> std::convertible_to<std::size_t>;
    { *words.begin() } -> std::convertible_to<std::string_view>;
};

// Appends a command as an array of bulk strings: the canonical form that goes to Redis.
void append_command(std::string& out, std::string_view name);
template <word_range Arguments>
void append_command(std::string& out, const Arguments& arguments);

// Building blocks of the above.
void append_array_header(std::string& out, std::size_t elements);
void append_bulk(std::string& out, std::string_view bytes);

template <word_range Arguments>
void append_command(std::string& out, const Arguments& arguments) {
    append_array_header(out, arguments.size());
    for (const auto& argument : arguments) append_bulk(out, argument);
}

inline void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
    append_command<std::initializer_list<std::string_view>>(out, arguments);
}

}  // namespace respgres::protocol
