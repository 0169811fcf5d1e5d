#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respgres::proxy {

// An integer of 64 bits in the one form that Redis takes for it: no sign but '-', no leading zero, no space, not "-0".
inline std::optional<std::int64_t> parse_integer(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || (digits.front() == '0' && text.size() > 1)) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace respgres::proxy
