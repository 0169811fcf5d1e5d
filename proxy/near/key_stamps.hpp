#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace respgres::proxy {

// Tells whether something was heard of a key since a moment, without a list of keys: many keys share a number, so the answer may be yes for a key of
// which nothing was heard, never no for one of which something was. Pure.
class key_stamps {
public:
    std::uint64_t of(std::uint64_t hash) const { return all_ + stamps_[hash % count]; }
    void on_key(std::uint64_t hash) { ++stamps_[hash % count]; }
    void on_all() { ++all_; }

private:
    static constexpr std::size_t count = 4'096;

    std::array<std::uint32_t, count> stamps_{};
    std::uint64_t all_ = 0;
};

}  // namespace respgres::proxy
