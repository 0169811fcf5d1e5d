#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// A radix tree: finds which of many texts a key begins with, in one walk over the key's bytes. Immutable; lies in a few flat arrays, so
// that the first steps of a walk, where most keys end, stay in the processor's cache.
class prefix_tree {
public:
    using node_number = std::uint32_t;
    static constexpr node_number none = 0xffff'ffff;

    prefix_tree() = default;
    // Entry i is for keys that begin with prefixes[i]. Copies the bytes.
    explicit prefix_tree(const std::vector<std::string_view>& prefixes);

    // The node of the longest prefix that `key` begins with; none = it begins with no prefix.
    node_number longest(std::string_view key) const;
    // The node of the next shorter prefix that keys of this node begin with too, or none.
    node_number shorter(node_number at) const { return nodes_[at].shorter; }
    // The entries whose prefix ends here, ascending; at least one.
    std::span<const std::uint32_t> entries(node_number at) const;

private:
    struct node {
        std::uint32_t label_begin = 0;           // into labels_: the bytes between the parent's prefix and this one's
        std::uint32_t label_size = 0;
        std::uint32_t first_child = 0;           // children are neighbours
        std::uint32_t child_count = 0;
        std::uint32_t entries_begin = 0;         // into entries_
        std::uint32_t entry_count = 0;
        node_number shorter = none;              // the nearest node above that has entries
    };
    struct builder;

    std::vector<node> nodes_;                    // the root first
    std::string first_bytes_;                    // of each node's label, by node number: a child is found by a memchr
    std::string labels_;
    std::vector<std::uint32_t> entries_;
};

}  // namespace respgres::proxy
