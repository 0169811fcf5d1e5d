#include "proxy/mappings/capture_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>

namespace respgres::proxy {

namespace {

using fault = std::optional<std::size_t>;

constexpr std::array<std::string_view, 1> integer_faults{"is not an int8"};
constexpr std::array<std::string_view, 1> uuid_faults{"is not a uuid"};
constexpr std::array<std::string_view, 1> date_faults{"is not a date (YYYY-MM-DD)"};
constexpr std::array<std::string_view, 3> text_faults{"is not valid UTF-8", "holds a NUL byte", "is longer than 64 KiB"};
static_assert(key_pattern::max_text_capture_bytes == 64 * 1'024, "text_faults says so");

// In the order of the enum.
constexpr std::array<capture_type_row, 4> rows{{
    {"text", capture_type::text, 0, text_faults},
    {"int", capture_type::integer, 0, integer_faults},
    {"uuid", capture_type::uuid, 36, uuid_faults},
    {"date", capture_type::date, 10, date_faults},
}};

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_integer(std::string_view value) {
    const auto digits = value.starts_with('-') ? value.substr(1) : value;
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
    if (digits.front() == '0' && value.size() > 1) return false;   // leading zeros, "-0"
    if (digits.size() <= std::numeric_limits<std::int64_t>::digits10) return true;
    std::int64_t number = 0;
    return std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{};
}

bool is_uuid(std::string_view value) {
    if (value.size() != 36) return false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? value[i] != '-' : !is_hex(value[i])) return false;
    }
    return true;
}

bool is_date(std::string_view value) {
    if (value.size() != 10 || value[4] != '-' || value[7] != '-') return false;
    const auto number = [value](std::size_t from, std::size_t size) {
        int n = 0;
        for (const char c : value.substr(from, size)) n = is_digit(c) ? n * 10 + (c - '0') : -100'000;
        return n;
    };
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    if (year < 1 || month < 1 || day < 1) return false;            // PostgreSQL has no year 0000
    return std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                       std::chrono::day{static_cast<unsigned>(day)}}
        .ok();
}

// Bytes of the UTF-8 sequence at the start of `text`; 0 = not one. Neither overlong forms, nor surrogates, nor beyond U+10FFFF.
std::size_t utf8_sequence(std::string_view text) {
    struct lead {
        unsigned char from, to, second_from, second_to;
        std::size_t size;
    };
    static constexpr std::array<lead, 9> leads{{
        {0x00, 0x7f, 0, 0, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    }};
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto* row = std::find_if(leads.begin(), leads.end(), [&](const lead& l) { return byte(0) >= l.from && byte(0) <= l.to; });
    if (row == leads.end() || text.size() < row->size) return 0;
    if (row->size > 1 && (byte(1) < row->second_from || byte(1) > row->second_to)) return 0;
    for (std::size_t i = 2; i < row->size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    return row->size;
}

fault text_fault(std::string_view value) {
    if (value.size() > key_pattern::max_text_capture_bytes) return 2;
    while (!value.empty()) {
        const auto size = utf8_sequence(value);
        if (size == 0) return 0;
        if (value.front() == '\0') return 1;
        value.remove_prefix(size);
    }
    return std::nullopt;
}

}  // namespace

std::span<const capture_type_row> capture_types() {
    return rows;
}

const capture_type_row& row_of(capture_type type) {
    return rows[static_cast<std::size_t>(type)];
}

std::optional<std::size_t> capture_fault(capture_type type, std::string_view value) {
    const auto unless = [](bool valid) { return valid ? fault{} : fault{0}; };
    switch (type) {
        case capture_type::integer: return unless(is_integer(value));
        case capture_type::uuid: return unless(is_uuid(value));
        case capture_type::date: return unless(is_date(value));
        case capture_type::text: break;
    }
    return text_fault(value);
}

}  // namespace respgres::proxy
