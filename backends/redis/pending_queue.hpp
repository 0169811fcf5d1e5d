#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace respgres::redis {

// Who waits for the replies of a pipelined connection, in order. A ring that grows by doubling and never shrinks below its first size; no
// allocation once it is large enough.
template <class Receiver>
class pending_queue {
public:
    struct entry {
        Receiver* to = nullptr;
        std::uint64_t token = 0;
        std::uint64_t begin = 0;         // stream position of the command's first byte
        std::uint32_t replies = 1;       // that are still to come
    };

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    entry& front() { return ring_[first_]; }

    void push(const entry& added) {
        if (size_ == ring_.size()) grow();
        ring_[(first_ + size_) & (ring_.size() - 1)] = added;
        ++size_;
    }

    void pop() {
        first_ = (first_ + 1) & (ring_.size() - 1);
        --size_;
    }

private:
    void grow() {
        std::vector<entry> larger(ring_.empty() ? 64 : ring_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
        ring_ = std::move(larger);
        first_ = 0;
    }

    std::vector<entry> ring_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace respgres::redis
