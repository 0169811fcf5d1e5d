#include "bench/bookmaker/copy_text.hpp"

#include <array>
#include <charconv>

namespace respgres::bookmaker {

namespace {

constexpr char end_of_field = '\t';
constexpr char end_of_row = '\n';

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// With leading zeros; `number` is not negative.
void append_padded(std::string& out, std::int64_t number, std::size_t width) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) out.append(width - length, '0');
    out.append(digits.data(), end);
}

// What stands for the character in COPY's text format after a backslash, or 0 where it stands for itself.
constexpr char escape_of(char c) {
    switch (c) {
        case '\\': return '\\';
        case '\n': return 'n';
        case '\r': return 'r';
        case '\t': return 't';
        default: return 0;
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        const char escape = escape_of(c);
        if (escape != 0) out += '\\';
        out += escape != 0 ? escape : c;
    }
}

void append_array(std::string& out, std::span<const std::string_view> elements) {
    std::string literal = "{";
    for (const std::string_view element : elements) {
        if (literal.size() > 1) literal += ',';
        literal += '"';
        for (const char c : element) {
            if (c == '"' || c == '\\') literal += '\\';
            literal += c;
        }
        literal += '"';
    }
    literal += '}';
    append_escaped(out, literal);
}

void append_cents(std::string& out, std::int64_t cents) {
    append_number(out, cents / 100);
    out += '.';
    append_padded(out, cents % 100, 2);
}

void append_instant(std::string& out, instant when) {
    using namespace std::chrono;
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += ' ';
    append_padded(out, time.hours().count(), 2);
    out += ':';
    append_padded(out, time.minutes().count(), 2);
    out += ':';
    append_padded(out, time.seconds().count(), 2);
    out += '.';
    append_padded(out, time.subseconds().count(), 6);
    out += "+00";
}

void append_row(std::string& out, const user& row) {
    append_number(out, row.id);
    out += end_of_field;
    append_escaped(out, row.name);
    out += end_of_field;
    append_instant(out, row.created_at);
    out += end_of_row;
}

void append_row(std::string& out, const event& row) {
    append_number(out, row.id);
    out += end_of_field;
    append_escaped(out, row.name);
    out += end_of_field;
    append_escaped(out, row.category);
    out += end_of_field;
    append_instant(out, row.start_time);
    out += end_of_field;
    append_escaped(out, row.status);
    out += end_of_row;
}

void append_row(std::string& out, const bet& row) {
    append_number(out, row.id);
    out += end_of_field;
    append_number(out, row.user_id);
    out += end_of_field;
    append_number(out, row.event_id);
    out += end_of_field;
    out += to_string(row.status);
    out += end_of_field;
    append_cents(out, row.cents);
    out += end_of_field;
    append_instant(out, row.placed_at);
    out += end_of_field;
    if (row.settled_at)
        append_instant(out, *row.settled_at);
    else
        out += "\\N";
    out += end_of_row;
}

void append_row(std::string& out, const session& row) {
    append_escaped(out, row.session_id);
    out += end_of_field;
    append_number(out, row.user_id);
    out += end_of_field;
    append_escaped(out, row.name);
    out += end_of_field;
    append_array(out, row.roles);
    out += end_of_field;
    append_instant(out, row.created_at);
    out += end_of_field;
    append_instant(out, row.expires_at);
    out += end_of_row;
}

}  // namespace respgres::bookmaker
