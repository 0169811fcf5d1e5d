#include "protocol/resp/reply_writer.hpp"

#include <charconv>
#include <cmath>

namespace respgres::protocol {

namespace {

constexpr std::size_t max_error_bytes = 1024;

// "<type><number>CRLF": the header of an aggregate or bulk, or an integer.
template <class Number>
void append_number_line(std::string& out, char type, Number number) {
    char line[24];
    line[0] = type;
    char* end = std::to_chars(line + 1, line + sizeof line - 2, number).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(line, static_cast<std::size_t>(end - line));
}

// A line of text; what would end or cut it becomes a space, so that no text of others can forge a reply.
void append_text_line(std::string& out, char type, std::string_view text) {
    out.push_back(type);
    const std::size_t start = out.size();
    out.append(text);
    for (std::size_t i = start; i < out.size(); ++i)
        if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
    out.append("\r\n");
}

// Redis prints "%.17g"; to_chars does the same whatever the locale.
std::string_view print_double(double value, char (&buffer)[32]) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    const char* const end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 17).ptr;
    return {buffer, static_cast<std::size_t>(end - buffer)};
}

}  // namespace

void append_array_header(std::string& out, std::size_t elements) {
    append_number_line(out, '*', elements);
}

void append_bulk(std::string& out, std::string_view bytes) {
    append_number_line(out, '$', bytes.size());
    out.append(bytes).append("\r\n");
}

void append_command(std::string& out, std::string_view name) {
    append_array_header(out, 1);
    append_bulk(out, name);
}

void reply_writer::simple(std::string_view text) {
    append_text_line(out_, '+', text);
}

void reply_writer::error(std::string_view text) {
    std::size_t length = text.size();
    if (length > max_error_bytes) {
        length = max_error_bytes;
        while (length > max_error_bytes - 4 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)   // not inside a character
            --length;
    }
    append_text_line(out_, '-', text.substr(0, length));
}

void reply_writer::integer(std::int64_t value) {
    append_number_line(out_, ':', value);
}

void reply_writer::bulk(std::string_view bytes) {
    append_bulk(out_, bytes);
}

void reply_writer::null() {
    out_.append(version_ == resp_version::resp3 ? "_\r\n" : "$-1\r\n");
}

void reply_writer::null_array() {
    out_.append(version_ == resp_version::resp3 ? "_\r\n" : "*-1\r\n");
}

void reply_writer::boolean(bool value) {
    if (version_ == resp_version::resp3)
        out_.append(value ? "#t\r\n" : "#f\r\n");
    else
        out_.append(value ? ":1\r\n" : ":0\r\n");
}

void reply_writer::number(double value) {
    char buffer[32];
    const std::string_view text = print_double(value, buffer);
    if (version_ == resp_version::resp2) return append_bulk(out_, text);
    out_.push_back(',');
    out_.append(text).append("\r\n");
}

void reply_writer::array(std::size_t elements) {
    append_array_header(out_, elements);
}

void reply_writer::map(std::size_t pairs) {
    if (version_ == resp_version::resp3)
        append_number_line(out_, '%', pairs);
    else
        append_array_header(out_, 2 * pairs);
}

void reply_writer::set(std::size_t elements) {
    append_number_line(out_, version_ == resp_version::resp3 ? '~' : '*', elements);
}

void reply_writer::push(std::size_t elements) {
    append_number_line(out_, version_ == resp_version::resp3 ? '>' : '*', elements);
}

void reply_writer::verbatim(std::string_view text) {
    constexpr std::string_view format = "txt:";
    if (version_ == resp_version::resp2) return append_bulk(out_, text);
    append_number_line(out_, '=', format.size() + text.size());
    out_.append(format).append(text).append("\r\n");
}

void reply_writer::raw(std::string_view bytes) {
    out_.append(bytes);
}

}  // namespace respgres::protocol
