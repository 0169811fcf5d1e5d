#include "proxy/mappings/prefix_tree.hpp"

#include "tests/unit/proxy/mappings/patterns.hpp"

#include <algorithm>

using namespace respgres::proxy;
using namespace respgres::tests;

namespace {

// All entries whose prefix the key begins with, longest prefix first.
std::vector<std::uint32_t> walk(const prefix_tree& tree, std::string_view key) {
    std::vector<std::uint32_t> out;
    for (auto node = tree.longest(key); node != prefix_tree::none; node = tree.shorter(node)) {
        const auto entries = tree.entries(node);
        REQUIRE_FALSE(entries.empty());
        out.insert(out.end(), entries.begin(), entries.end());
    }
    return out;
}

using entries = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("prefix_tree: an empty tree holds nothing", "[mappings]") {
    CHECK(walk(prefix_tree(), "a").empty());
    CHECK(walk(prefix_tree(std::vector<std::string_view>{}), "").empty());
}

TEST_CASE("prefix_tree: finds every prefix of a key, the longest first, equals in their order", "[mappings]") {
    const prefix_tree tree({"a:", "a:b", "b", "a:bcd", "a:", "a:bce"});
    CHECK(walk(tree, "a:") == entries{0, 4});
    CHECK(walk(tree, "a:x") == entries{0, 4});
    CHECK(walk(tree, "a:b") == entries{1, 0, 4});
    CHECK(walk(tree, "a:bc") == entries{1, 0, 4});
    CHECK(walk(tree, "a:bcd1") == entries{3, 1, 0, 4});
    CHECK(walk(tree, "a:bce") == entries{5, 1, 0, 4});
    CHECK(walk(tree, "b") == entries{2});
    CHECK(walk(tree, "a").empty());
    CHECK(walk(tree, "").empty());
    CHECK(walk(tree, "c").empty());
}

TEST_CASE("prefix_tree: a root with text, and the empty prefix", "[mappings]") {
    CHECK(walk(prefix_tree({"abc", "abd"}), "abd1") == entries{1});
    CHECK(walk(prefix_tree({"abc", "abd"}), "ab").empty());
    CHECK(walk(prefix_tree({"", "a"}), "b") == entries{0});
    CHECK(walk(prefix_tree({"", "a"}), "a") == entries{1, 0});
    CHECK(walk(prefix_tree({"", "a"}), {}) == entries{0});
}

TEST_CASE("prefix_tree: agrees with a look at every prefix, all byte values included", "[mappings]") {
    std::mt19937 random(7);
    const std::string_view alphabet(
        "\0\x7f\x80\xff"
        "ab",
        6);
    for (int round = 0; round < 100; ++round) {
        std::vector<std::string> prefixes;
        for (auto n = below(random, 60); n > 0; --n) prefixes.push_back(random_text(random, alphabet, 0, 6));
        const prefix_tree tree(std::vector<std::string_view>(prefixes.begin(), prefixes.end()));
        for (int i = 0; i < 100; ++i) {
            const auto key = random_text(random, alphabet, 0, 8);
            entries expected;
            for (std::uint32_t p = 0; p < prefixes.size(); ++p) {
                if (key.starts_with(prefixes[p])) expected.push_back(p);
            }
            std::sort(expected.begin(), expected.end(), [&](auto a, auto b) {
                return prefixes[a].size() != prefixes[b].size() ? prefixes[a].size() > prefixes[b].size() : a < b;
            });
            CHECK(walk(tree, key) == expected);
        }
    }
}
