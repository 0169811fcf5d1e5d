#include "backends/change_stream/lsn.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace respgres::change_stream {
namespace {

constexpr std::uint64_t page_bytes = 8192;
constexpr std::uint64_t page_header_bytes = 24;
constexpr std::uint64_t segment_header_bytes = 40;

// All of `digits`, hexadecimal; from_chars alone would take a sign.
template <class Number>
std::optional<Number> parse_hex(std::string_view digits) {
    Number number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.empty() || digits.front() == '-' || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

template <class... Numbers>
std::string print(const char* format, Numbers... numbers) {
    char text[20];
    std::snprintf(text, sizeof text, format, numbers...);
    return text;
}

}  // namespace

std::optional<lsn> parse_lsn(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || slash > 8 || text.size() - slash - 1 > 8) return std::nullopt;
    const auto high = parse_hex<std::uint32_t>(text.substr(0, slash));
    const auto low = parse_hex<std::uint32_t>(text.substr(slash + 1));
    if (!high || !low) return std::nullopt;
    return lsn{std::uint64_t{*high} << 32 | *low};
}

std::string to_string(lsn position) {
    return print("%X/%X", static_cast<std::uint32_t>(position.value >> 32), static_cast<std::uint32_t>(position.value));
}

std::optional<lsn> parse_fixed_width(std::string_view text) {
    const auto is_lower_case = [](char c) { return c >= 'a' && c <= 'f'; };
    if (text.size() != 16 || std::any_of(text.begin(), text.end(), is_lower_case)) return std::nullopt;
    const auto value = parse_hex<std::uint64_t>(text);
    if (!value) return std::nullopt;
    return lsn{*value};
}

std::string fixed_width(lsn position) {
    return print("%016llX", static_cast<unsigned long long>(position.value));
}

lsn without_page_header(lsn insert_position) {
    const std::uint64_t in_page = insert_position.value % page_bytes;
    if (in_page == page_header_bytes || in_page == segment_header_bytes) insert_position.value -= in_page;
    return insert_position;
}

}  // namespace respgres::change_stream
