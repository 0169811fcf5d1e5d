#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

// Keys as they come, some of them several times; in the end each once. Most transactions touch few keys, and one that touches very many touches most of them once: so what comes is
// compared now and then, by sorting, and not looked up each time. Pure.
class key_collection {
public:
    // More than `most` different ones are too many.
    explicit key_collection(std::size_t most) : most_(most), look_at_(most) {}

    void add(std::string key) { keys_.push_back(std::move(key)); }

    // Notices it when half of the most have come again, at the latest.
    bool has_too_many() {
        if (keys_.size() <= look_at_) return false;
        sort();
        look_at_ = std::max(most_, keys_.size() + most_ / 2);
        return keys_.size() > most_;
    }

    // Appends each once to `out`, sorted. False: they are too many.
    bool finish(std::vector<std::string>& out) {
        sort();
        if (keys_.size() > most_) return false;
        out.insert(out.end(), std::move_iterator(keys_.begin()), std::move_iterator(keys_.end()));
        keys_.clear();
        return true;
    }

    void clear() { keys_.clear(); }

private:
    void sort() {
        std::sort(keys_.begin(), keys_.end());
        keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    }

    std::size_t most_;
    std::size_t look_at_;
    std::vector<std::string> keys_;
};

}  // namespace respgres::proxy
