#include "proxy/near/push_reader.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace respgres::proxy {

namespace {

// Takes "<type><number>\r\n" off the front.
std::optional<std::int64_t> take_number(std::string_view& rest, char type) {
    const auto end = rest.find("\r\n");
    if (rest.empty() || rest.front() != type || end == std::string_view::npos) return std::nullopt;
    std::int64_t number = 0;
    const auto [stop, wrong] = std::from_chars(rest.data() + 1, rest.data() + end, number);
    if (wrong != std::errc{} || stop != rest.data() + end) return std::nullopt;
    rest.remove_prefix(end + 2);
    return number;
}

std::optional<std::string_view> take_bulk(std::string_view& rest) {
    const auto size = take_number(rest, '$');
    if (!size || *size < 0 || rest.size() < static_cast<std::size_t>(*size) + 2) return std::nullopt;
    const std::string_view text = rest.substr(0, static_cast<std::size_t>(*size));
    rest.remove_prefix(text.size() + 2);
    return text;
}

}  // namespace

push_kind read_push(std::string_view message, const std::function<void(std::string_view key)>& visit) {
    std::string_view rest = message;
    if (!take_number(rest, '>')) return push_kind::all;
    const auto name = take_bulk(rest);
    if (!name || *name == "tracking-redir-broken") return push_kind::all;
    if (*name != "invalidate") return push_kind::other;
    const auto count = take_number(rest, '*');
    if (!count || *count < 0) return push_kind::all;
    for (std::int64_t i = 0; i < *count; ++i) {
        const auto key = take_bulk(rest);
        if (!key) return push_kind::all;
        visit(*key);
    }
    return push_kind::keys;
}

}  // namespace respgres::proxy
