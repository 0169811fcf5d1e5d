#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace respgres::proxy {

// A hash of keys whose seed clients cannot guess, so they cannot choose keys that collide. Eight bytes at a time, as wyhash does
// (Wang Yi, https://github.com/wangyi-fudan/wyhash); both factors of each product are mixed with what only we know.
class key_hash {
public:
    explicit key_hash(std::uint64_t seed) : seed_(seed), other_seed_(fold(seed ^ one, other)) {}

    std::uint64_t operator()(std::string_view key) const {
        std::uint64_t hash = seed_;
        std::size_t left = key.size();
        const char* at = key.data();
        for (; left > 2 * width; at += width, left -= width) hash = fold(hash ^ word_at(at), other_seed_);
        if (left >= width) [[likely]] {
            hash = fold(hash ^ word_at(at), word_at(at + left - width) ^ other_seed_);
        } else if (left > 0) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, left);
            hash = fold(hash ^ word, other_seed_);
        }
        return fold(hash ^ one, other ^ key.size());
    }

private:
    static constexpr std::uint64_t one = 0xa0761d6478bd642f;
    static constexpr std::uint64_t other = 0xe7037ed1a0b428db;
    static constexpr std::size_t width = sizeof(std::uint64_t);

    // The product's halves folded into one.
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        __extension__ using wide = unsigned __int128;
        const wide product = static_cast<wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }

    static std::uint64_t word_at(const char* from) {
        std::uint64_t word;
        std::memcpy(&word, from, sizeof word);
        return word;
    }

    std::uint64_t seed_;
    std::uint64_t other_seed_;
};

}  // namespace respgres::proxy
