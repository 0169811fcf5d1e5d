#pragma once

#include <array>
#include <string_view>

namespace respgres::proxy {

// The bytes that keys can begin with which begin with one of some prefixes: what tells most other keys from them at once.
class first_bytes {
public:
    void add(std::string_view prefix) {
        if (prefix.empty())
            has_.fill(true);
        else
            has_[static_cast<unsigned char>(prefix.front())] = true;
    }
    // The empty key begins with no byte.
    bool may_begin(std::string_view key) const { return !key.empty() && has_[static_cast<unsigned char>(key.front())]; }

private:
    std::array<bool, 256> has_{};
};

}  // namespace respgres::proxy
