#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// Replies leave in the order of their commands, however they are found: each command opens a slot, and what is known early waits in it.
// The bytes of the first open slot go straight to the output. Pure.
class reply_queue {
public:
    using sequence = std::uint64_t;

    // Opens the slot of the next command.
    sequence open() { return open(false); }
    // The same for a command whose reply is not wanted.
    sequence open_muted() { return open(true); }

    // Adds a part of the slot's reply.
    void append(sequence number, std::string_view bytes, std::string& out);

    // Drops what waits of the slot's unfinished reply, to put an error in its place. Not if it has begun.
    void discard(sequence number);

    // The slot's reply is whole. It, and those behind it that are whole too, are written to `out`.
    void finish(sequence number, std::string& out);

    // The slot's reply is whole, its turn has come, and nothing is held back: whoever asks sends it now, behind the output. False: nothing was done.
    bool take_due(sequence number) {
        if (number != first_ || held_bytes_ > 0) return false;
        const slot& due = at(number);
        if (due.muted || (size_ > 1 && at(number + 1).done)) return false;
        ++first_;
        --size_;
        return true;
    }

    // Has `message` leave right behind the last reply of which something is held here; nothing happens if none is.
    void add_behind_held(std::string_view message);

    // Bytes of an unfinished reply have gone to the output already: it cannot be replaced by an error any more.
    bool has_begun(sequence number) const { return at(number).begun; }

    // The first reply's beginning has gone to the output, its end not yet.
    bool is_leaving() const { return size_ > 0 && at(first_).begun; }

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    std::size_t memory() const { return ring_.capacity() * sizeof(slot) + held_bytes_; }
    std::size_t held_bytes() const { return held_bytes_; }  // that wait behind an unfinished reply

private:
    struct slot {
        std::string held;
        std::string behind;  // leaves after the reply
        bool done = false;
        bool begun = false;
        bool muted = false;
    };

    slot& at(sequence number) { return ring_[number & (ring_.size() - 1)]; }
    const slot& at(sequence number) const { return ring_[number & (ring_.size() - 1)]; }
    sequence open(bool muted);
    void grow();

    std::vector<slot> ring_;  // a power of two long; empty until the first command that waits
    sequence first_ = 0;
    std::size_t size_ = 0;
    std::size_t held_bytes_ = 0;
};

}  // namespace respgres::proxy
