#include "proxy/near/key_hash.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace respgres::proxy {

TEST_CASE("key_hash: every byte, the length and the seed matter", "[near]") {
    const key_hash hash(7);
    std::set<std::uint64_t> seen;
    std::size_t keys = 0;
    for (std::size_t length = 0; length <= 70; ++length) {
        std::string key(length, 'k');
        seen.insert(hash(key));
        seen.insert(key_hash(8)(key));
        keys += 2;
        for (char& byte : key) {
            for (const char other : {'\0', 'l', '\xff'}) {
                byte = other;
                seen.insert(hash(key));
                ++keys;
            }
            byte = 'k';
        }
    }
    CHECK(seen.size() == keys);
}

TEST_CASE("key_hash: keys that differ in a number are spread evenly over a table", "[near]") {
    for (const std::string prefix : {"n:", "near:", "active_bets:limit_", "user:12345678:session:"}) {
        for (const std::size_t seed : {1u, 2u, 3u}) {
            const key_hash hash(seed);
            constexpr std::size_t places = 1'024, keys = 1'024 * 64;
            std::vector<std::size_t> low(places), high(places);
            for (std::size_t i = 0; i < keys; ++i) {
                const std::uint64_t value = hash(prefix + std::to_string(i));
                ++low[value % places];
                ++high[value >> 54];
            }
            // 64 a place with a deviation of 8: six of these are passed once in half a billion places.
            CHECK(*std::max_element(low.begin(), low.end()) < 64 + 6 * 8);
            CHECK(*std::min_element(low.begin(), low.end()) > 64 - 6 * 8);
            CHECK(*std::max_element(high.begin(), high.end()) < 64 + 6 * 8);
            CHECK(*std::min_element(high.begin(), high.end()) > 64 - 6 * 8);
        }
    }
}

}  // namespace respgres::proxy
