#include "proxy/near/near_keys.hpp"

#include <algorithm>
#include <limits>

namespace respgres::proxy {

namespace {

constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

}  // namespace

near_keys::near_keys(const conf::near_cache_settings& settings) {
    std::vector<std::string_view> prefixes;
    for (const auto& each : settings.keys) {
        std::string_view text = each.value;
        const bool is_prefix = text.ends_with('*');
        if (is_prefix) text.remove_suffix(1);
        sizes_.push_back(is_prefix ? any_size : text.size());
        prefixes.push_back(text);
        begins_.add(text);
    }
    tree_ = prefix_tree(prefixes);
}

bool near_keys::hold_among(std::string_view key) const {
    for (auto node = tree_.longest(key); node != prefix_tree::none; node = tree_.shorter(node)) {
        const auto entries = tree_.entries(node);
        const auto fits = [&](auto entry) { return sizes_[entry] == any_size || sizes_[entry] == key.size(); };
        if (std::any_of(entries.begin(), entries.end(), fits)) return true;
    }
    return false;
}

}  // namespace respgres::proxy
