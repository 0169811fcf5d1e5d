#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace respgres::proxy {

// Remembers by their hash which keys left the small queue last: S3-FIFO's ghost queue, kept as a table of fingerprints and times as its authors
// propose. A key that falls on another's place takes it. Pure.
class ghost_list {
public:
    void add(std::uint64_t hash) {
        if (places_.empty()) return;
        ++time_;
        places_[place_of(hash)] = {fingerprint_of(hash), time_};
    }

    // Whether the key is among the last `span` that were added; it is forgotten then.
    bool take(std::uint64_t hash, std::size_t span) {
        if (places_.empty()) return false;
        place& found = places_[place_of(hash)];
        if (found.added == 0 || found.fingerprint != fingerprint_of(hash) || time_ - found.added >= span) return false;
        found = {};
        return true;
    }

    // Forgets everything.
    void resize(std::size_t power_of_two) { places_.assign(power_of_two, {}); }
    std::size_t bytes() const { return places_.size() * sizeof(place); }

private:
    struct place {
        std::uint32_t fingerprint = 0;
        std::uint32_t added = 0;  // 0: nothing
    };

    std::size_t place_of(std::uint64_t hash) const { return hash & (places_.size() - 1); }
    static std::uint32_t fingerprint_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

    std::vector<place> places_;
    std::uint32_t time_ = 0;
};

}  // namespace respgres::proxy
