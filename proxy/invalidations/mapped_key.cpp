#include "proxy/invalidations/mapped_key.hpp"

#include <algorithm>

namespace respgres::proxy {

std::string make_key(std::span<const key_pattern::segment> segments, std::span<const std::string_view> values) {
    std::size_t size = 0;
    const auto text_of = [&](const key_pattern::segment& part) {
        return part.capture < 0 ? std::string_view(part.literal) : values[static_cast<std::size_t>(part.capture)];
    };
    for (const auto& part : segments) size += text_of(part).size();
    std::string key;
    key.reserve(size);
    for (const auto& part : segments) key += text_of(part);
    return key;
}

bool is_canonical(const key_pattern& pattern, const captures& found) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'F'; };
    const auto& all = pattern.all_captures();
    for (std::size_t i = 0; i < found.values.size() && i < all.size(); ++i) {
        if (all[i].type != capture_type::uuid) continue;
        if (std::any_of(found.values[i].begin(), found.values[i].end(), is_upper)) return false;
    }
    return true;
}

}  // namespace respgres::proxy
