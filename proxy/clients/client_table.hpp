#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace respgres::proxy {

// What is kept for each client, by the client's id, in 16 bytes beside the thing itself. `Pointer` is a smart pointer to it. Not thread-safe.
//
// Sorted: ids only grow, so who is new comes last (or nearly: a TLS handshake takes its time), and a search halves. Who leaves leaves a gap; the gaps are
// closed when they are more than the others.
template <typename Pointer>
class client_table {
public:
    using element = typename Pointer::element_type;

    // `id` is not there yet.
    void add(std::uint64_t id, Pointer added) {
        places_.insert(position_of(id), {id, std::move(added)});
        ++size_;
    }

    // What it was; null if it was not there.
    Pointer remove(std::uint64_t id) {
        const auto found = position_of(id);
        if (found == places_.end() || found->id != id || !found->kept) return {};
        Pointer removed = std::exchange(found->kept, {});
        --size_;
        if (places_.size() > 2 * size_) close_gaps();
        return removed;
    }

    // Null if it is not there.
    element* find(std::uint64_t id) const {
        const auto found = std::lower_bound(places_.begin(), places_.end(), id, comes_before);
        return found == places_.end() || found->id != id ? nullptr : found->kept.get();
    }

    // In the order of the ids. `visit` must neither add nor remove.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const place& each : places_)
            if (each.kept) visit(*each.kept);
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    // Of the table itself.
    std::size_t memory() const { return places_.capacity() * sizeof(place); }

private:
    struct place {
        std::uint64_t id;
        Pointer kept;  // null: a gap
    };

    static bool comes_before(const place& each, std::uint64_t id) { return each.id < id; }
    auto position_of(std::uint64_t id) {
        if (places_.empty() || places_.back().id < id) return places_.end();
        return std::lower_bound(places_.begin(), places_.end(), id, comes_before);
    }
    void close_gaps() {
        std::erase_if(places_, [](const place& each) { return !each.kept; });
        if (places_.capacity() > 4 * places_.size()) places_.shrink_to_fit();
    }

    std::vector<place> places_;
    std::size_t size_ = 0;
};

}  // namespace respgres::proxy
