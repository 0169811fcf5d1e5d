#include "proxy/freshness/watermark.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::proxy {

namespace {

constexpr std::size_t longest_part = 64;

bool is_name(std::string_view part) {
    const auto ordinary = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.'; };
    return !part.empty() && part.size() <= longest_part && std::all_of(part.begin(), part.end(), ordinary);
}

template <class Number>
std::optional<Number> parse_number(std::string_view digits, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (digits.empty() || digits.front() == '-' || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

// What stands before the first `separator`, which is taken away with it; all of it if there is none.
std::string_view take_part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace

std::string to_string(const watermark& mark) {
    return mark.server + '/' + mark.incarnation + '|' + fixed_width(mark.position) + '|' +
           std::to_string(mark.time.time_since_epoch().count());
}

std::optional<watermark> parse_watermark(std::string_view text) {
    const std::string_view server = take_part(text, '/');
    const std::string_view incarnation = take_part(text, '|');
    const auto position = change_stream::parse_fixed_width(take_part(text, '|'));
    const auto microseconds = parse_number<std::int64_t>(text, 10);
    if (!is_name(server) || !is_name(incarnation) || !position || !microseconds) return std::nullopt;
    return watermark{std::string(server), std::string(incarnation), *position,
                     change_stream::timestamp(std::chrono::microseconds(*microseconds))};
}

std::optional<std::uint32_t> timeline_of(std::string_view server) {
    take_part(server, '.');
    return parse_number<std::uint32_t>(server, 16);
}

bool same_system(std::string_view one_server, std::string_view other_server) {
    return take_part(one_server, '.') == take_part(other_server, '.');
}

std::string watermark_name(std::string_view slot) {
    return "respgres:wm:" + std::string(slot);
}

}  // namespace respgres::proxy
