#include "proxy/mappings/prefix_tree.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>

namespace respgres::proxy {

// Builds level by level from the sorted prefixes: a node is a range of them that agree in their first bytes.
struct prefix_tree::builder {
    struct range {
        std::size_t from, to, agreed;
        node_number above;
    };   // above: the nearest node with entries

    prefix_tree& tree;
    const std::vector<std::string_view>& prefixes;
    std::vector<std::uint32_t> sorted;
    std::vector<range> ranges;                   // by node number

    builder(prefix_tree& t, const std::vector<std::string_view>& p) : tree(t), prefixes(p), sorted(p.size()) {
        std::iota(sorted.begin(), sorted.end(), 0u);
        std::sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return std::tie(prefixes[a], a) < std::tie(prefixes[b], b); });
        add({0, sorted.size(), 0, none});
        for (node_number n = 0; n < tree.nodes_.size(); ++n) finish(n);
        tree.entries_ = sorted;
    }

    std::string_view prefix(std::size_t position) const { return prefixes[sorted[position]]; }

    void add(range r) {
        const auto first = prefix(r.from), last = prefix(r.to - 1);
        tree.first_bytes_ += first.size() > r.agreed ? first[r.agreed] : '\0';
        tree.nodes_.emplace_back();
        ranges.push_back(r);
        auto& n = tree.nodes_.back();
        // Sorted, so what the first and the last have in common all have.
        const auto common =
            static_cast<std::size_t>(std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first - first.begin());
        n.label_begin = static_cast<std::uint32_t>(tree.labels_.size());
        n.label_size = static_cast<std::uint32_t>(common - r.agreed);
        tree.labels_ += first.substr(r.agreed, n.label_size);
        ranges.back().agreed = common;
    }

    void finish(node_number number) {
        const auto r = ranges[number];
        auto from = r.from;
        while (from < r.to && prefix(from).size() == r.agreed) ++from;
        auto n = tree.nodes_[number];
        n.entries_begin = static_cast<std::uint32_t>(r.from);
        n.entry_count = static_cast<std::uint32_t>(from - r.from);
        n.shorter = r.above;
        n.first_child = static_cast<node_number>(tree.nodes_.size());
        const auto above = n.entry_count > 0 ? number : r.above;
        while (from < r.to) {
            const char byte = prefix(from)[r.agreed];
            auto to = from;
            while (to < r.to && prefix(to)[r.agreed] == byte) ++to;
            add({from, to, r.agreed, above});
            from = to;
        }
        n.child_count = static_cast<std::uint32_t>(tree.nodes_.size()) - n.first_child;
        tree.nodes_[number] = n;
    }
};

prefix_tree::prefix_tree(const std::vector<std::string_view>& prefixes) {
    if (!prefixes.empty()) builder(*this, prefixes);
}

prefix_tree::node_number prefix_tree::longest(std::string_view key) const {
    if (nodes_.empty()) return none;
    node_number number = 0, reached = none;
    for (;;) {
        const auto& n = nodes_[number];
        if (!key.starts_with(std::string_view(labels_.data() + n.label_begin, n.label_size))) break;
        reached = number;
        key.remove_prefix(n.label_size);
        if (key.empty() || n.child_count == 0) break;
        const char* bytes = first_bytes_.data();
        const void* child = std::memchr(bytes + n.first_child, key.front(), n.child_count);
        if (!child) break;
        number = static_cast<node_number>(static_cast<const char*>(child) - bytes);
    }
    if (reached == none || nodes_[reached].entry_count > 0) return reached;
    return nodes_[reached].shorter;
}

std::span<const std::uint32_t> prefix_tree::entries(node_number at) const {
    return std::span(entries_).subspan(nodes_[at].entries_begin, nodes_[at].entry_count);
}

}  // namespace respgres::proxy
