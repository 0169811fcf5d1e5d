#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace respgres::proxy {

// A hash of keys whose seed clients cannot guess, so they cannot choose keys that collide. Eight bytes at a time, as wyhash does
// (Wang Yi, https://github.com/wangyi-fudan/wyhash).
class key_hash {
public:
    explicit key_hash(std::uint64_t seed) : seed_(seed) {}

    std::uint64_t operator()(std::string_view key) const {
        constexpr std::uint64_t one = 0xa0761d6478bd642f;
        constexpr std::uint64_t other = 0xe7037ed1a0b428db;
        constexpr std::size_t width = sizeof(std::uint64_t);
        std::uint64_t hash = seed_ ^ key.size();
        std::size_t at = 0;
        for (; at + width <= key.size(); at += width) hash = fold(hash ^ word_at(key.data() + at) ^ one, seed_ ^ other);
        if (at < key.size()) hash = fold(hash ^ last_word(key, at) ^ one, seed_ ^ other);
        return fold(hash ^ other, one);
    }

private:
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

    // The bytes from `at` on, fewer than eight: of a longer key, the word that ends with them, which is one load.
    static std::uint64_t last_word(std::string_view key, std::size_t at) {
        if (key.size() >= sizeof(std::uint64_t)) [[likely]]
            return word_at(key.data() + key.size() - sizeof(std::uint64_t));
        std::uint64_t word = 0;
        std::memcpy(&word, key.data() + at, key.size() - at);
        return word;
    }

    std::uint64_t seed_;
};

}  // namespace respgres::proxy
