#include "proxy/sessions/reply_queue.hpp"

#include <utility>

namespace respgres::proxy {

reply_queue::sequence reply_queue::open(bool muted) {
    if (size_ == ring_.size()) grow();
    slot& added = at(first_ + size_);
    added.done = added.begun = false;
    added.muted = muted;
    return first_ + size_++;
}

void reply_queue::append(sequence number, std::string_view bytes, std::string& out) {
    slot& target = at(number);
    if (target.muted) [[unlikely]]
        return;
    if (number == first_) {
        target.begun = true;
        out.append(bytes);
        return;
    }
    target.held.append(bytes);
    held_bytes_ += bytes.size();
}

void reply_queue::discard(sequence number) {
    slot& target = at(number);
    held_bytes_ -= target.held.size();
    target.held = {};
}

void reply_queue::finish(sequence number, std::string& out) {
    at(number).done = true;
    while (size_ > 0 && at(first_).done) {
        std::string& behind = at(first_).behind;
        if (!behind.empty()) [[unlikely]] {
            out.append(behind);
            held_bytes_ -= behind.size();
            behind = {};
        }
        ++first_;
        --size_;
        if (size_ == 0) break;
        slot& next = at(first_);
        if (next.held.empty()) continue;
        next.begun = true;
        out.append(next.held);
        held_bytes_ -= next.held.size();
        next.held = {};
    }
}

void reply_queue::add_behind_held(std::string_view message) {
    for (sequence number = first_ + size_; number > first_ + 1; --number) {
        slot& target = at(number - 1);
        if (target.held.empty()) continue;
        target.behind.append(message);
        held_bytes_ += message.size();
        return;
    }
}

void reply_queue::grow() {
    std::vector<slot> larger(ring_.empty() ? 8 : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[(first_ + i) & (larger.size() - 1)] = std::move(at(first_ + i));
    ring_ = std::move(larger);
}

}  // namespace respgres::proxy
