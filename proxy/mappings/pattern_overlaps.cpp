#include "proxy/mappings/pattern_overlaps.hpp"

#include "proxy/mappings/form_index.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace respgres::proxy {

namespace {

// The patterns of one rank, read from both ends. Patterns that begin with the same text and captures that take anything are told apart
// quickly only from their ends ("user:{id}:name", "user:{id}:mail"), and others only from their beginnings, so both are tried with
// growing patience.
class rank {
public:
    std::optional<std::size_t> find_and_add(const key_pattern& pattern, std::size_t id) {
        const auto forwards = form_of(pattern);
        const form backwards(forwards.rbegin(), forwards.rend());
        const auto found = find(forwards, backwards);
        forwards_.add(forwards, id);
        backwards_.add(backwards, id);
        return found;
    }

private:
    std::optional<std::size_t> find(const form& forwards, const form& backwards) const {
        for (std::size_t patience = 256;; patience *= 4) {
            if (const auto found = forwards_.search(forwards, patience); found.is_complete) return found.id;
            if (const auto found = backwards_.search(backwards, patience); found.is_complete) return found.id;
        }
    }

    form_index forwards_, backwards_;
};

}  // namespace

std::vector<pattern_overlap> find_overlaps(const std::vector<const key_pattern*>& patterns) {
    std::map<std::pair<std::size_t, std::size_t>, rank> ranks;
    std::vector<pattern_overlap> found;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        auto& equals = ranks[{patterns[i]->literal_bytes(), patterns[i]->typed_captures()}];
        if (const auto earlier = equals.find_and_add(*patterns[i], i)) found.push_back({i, *earlier});
    }
    return found;
}

}  // namespace respgres::proxy
