#include "proxy/mappings/form_index.hpp"

#include <limits>
#include <unordered_map>
#include <utility>

namespace respgres::proxy {

namespace {

bool contains(const element& e, char c) {
    const bool digit = c >= '0' && c <= '9';
    switch (e.set) {
        case byte_set::one_byte: return e.byte == c;
        case byte_set::digit: return digit;
        case byte_set::hex: return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        case byte_set::any: break;
    }
    return true;
}

// A byte that is in both. '1' is in every set that is not a single byte, and dates, numbers and uuids of ones are valid.
std::optional<char> shared_byte(const element& a, const element& b) {
    const char c = a.set == byte_set::one_byte ? a.byte : b.set == byte_set::one_byte ? b.byte : '1';
    return contains(a, c) && contains(b, c) ? std::optional(c) : std::nullopt;
}

void append(capture_type type, form& out) {
    const auto shaped = [&](std::string_view shape, byte_set set) {
        for (const char c : shape) out.push_back(c == '-' ? element{byte_set::one_byte, '-', times::once} : element{set, 0, times::once});
    };
    switch (type) {
        case capture_type::integer:
            out.push_back({byte_set::one_byte, '-', times::at_most_once});
            out.push_back({byte_set::digit, 0, times::at_least_once});
            return;
        case capture_type::uuid: return shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", byte_set::hex);
        case capture_type::date: return shaped("yyyy-mm-dd", byte_set::digit);
        case capture_type::text: break;
    }
    out.push_back({byte_set::any, 0, times::at_least_once});
}

}  // namespace

form form_of(const key_pattern& pattern) {
    form out;
    for (const auto& part : pattern.segments()) {
        for (const char c : part.literal) out.push_back({byte_set::one_byte, c, times::once});
        if (part.capture >= 0) append(pattern.all_captures()[static_cast<std::size_t>(part.capture)].type, out);
    }
    return out;
}

void form_index::add(std::span<const element> what, std::size_t id) {
    node_number at = 0;
    for (const auto& e : what) {
        auto child = nodes_[at].first_child;
        while (child != none && nodes_[child].what != e) child = nodes_[child].next_sibling;
        if (child == none) {
            child = static_cast<node_number>(nodes_.size());
            nodes_.push_back({e, none, nodes_[at].first_child, no_id});
            nodes_[at].first_child = child;
        }
        at = child;
    }
    if (nodes_[at].id == no_id) nodes_[at].id = id;
}

// A place is a position in the form (elements before it are done), a node of the index (likewise), and whether the node's own element,
// which may be there more than once, may go on. Depth first: where many forms share keys, the first one found will do.
class form_index::walk {
public:
    walk(const form_index& index, std::span<const element> what) : index_(index), form_(what) {}

    answer run(std::size_t most_steps) {
        reach({0, 0}, start, no_byte);
        while (!open_.empty()) {
            if (steps_.size() > most_steps) return {false, std::nullopt, {}};
            const auto here = open_.back();
            open_.pop_back();
            const auto at = place_of(here);
            if (at.position == form_.size() && index_.nodes_[at.at].id != no_id) return {true, index_.nodes_[at.at].id, key_to(here)};
            leave(at, here);
        }
        return {};
    }

private:
    struct place {
        std::size_t position;
        node_number at;
    };
    struct step {
        std::uint64_t from;
        std::int16_t byte;
    };           // how a place was first reached

    static constexpr std::uint64_t start = static_cast<std::uint64_t>(-1);
    static constexpr std::int16_t no_byte = -1;

    static std::uint64_t number_of(place p) { return std::uint64_t{p.position} << 32 | p.at; }
    static place place_of(std::uint64_t number) { return {static_cast<std::size_t>(number >> 32), static_cast<node_number>(number)}; }

    void reach(place to, std::uint64_t from, std::int16_t byte) {
        const auto number = number_of(to);
        if (steps_.try_emplace(number, step{from, byte}).second) open_.push_back(number);
    }

    // Pushed last, followed first: what brings both on, for a short key.
    void leave(place at, std::uint64_t here) {
        const bool more = at.position < form_.size();
        if (more && form_[at.position].how_often == times::at_most_once) reach({at.position + 1, at.at}, here, no_byte);
        // A repeatable element that has been there once may be there again; the root's is never one.
        if (more && index_.nodes_[at.at].what.how_often == times::at_least_once) meet(at, at.at, here);
        for (auto child = index_.nodes_[at.at].first_child; child != none; child = index_.nodes_[child].next_sibling) {
            if (index_.nodes_[child].what.how_often == times::at_most_once) reach({at.position, child}, here, no_byte);
            if (more) meet(at, child, here);
        }
    }

    // Spends one byte on the form's element and on the one that leads to `node`.
    void meet(place at, node_number node, std::uint64_t here) {
        const auto& mine = form_[at.position];
        const auto byte = shared_byte(mine, index_.nodes_[node].what);
        if (!byte) return;
        if (mine.how_often == times::at_least_once) reach({at.position, node}, here, static_cast<unsigned char>(*byte));
        reach({at.position + 1, node}, here, static_cast<unsigned char>(*byte));
    }

    std::string key_to(std::uint64_t number) const {
        std::string key;
        while (number != start) {
            const auto& how = steps_.at(number);
            if (how.byte != no_byte) key += static_cast<char>(how.byte);
            number = how.from;
        }
        return {key.rbegin(), key.rend()};
    }

    const form_index& index_;
    std::span<const element> form_;
    std::unordered_map<std::uint64_t, step> steps_;
    std::vector<std::uint64_t> open_;
};

form_index::answer form_index::search(std::span<const element> what, std::size_t most_steps) const {
    return walk(*this, what).run(most_steps);
}

std::optional<std::string> key_pattern::common_key(const key_pattern& other) const {
    form_index index;
    index.add(form_of(other), 0);
    auto found = index.search(form_of(*this), std::numeric_limits<std::size_t>::max());
    return found.id ? std::optional(std::move(found.key)) : std::nullopt;
}

}  // namespace respgres::proxy
