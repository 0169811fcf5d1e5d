#include "proxy/near/near_store.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace respgres::proxy {

namespace {

constexpr std::size_t first_slots = 64;
constexpr std::size_t small_part = 10;  // the small queue's part of the memory: one in so many

}  // namespace

near_store::near_store(std::size_t max_bytes, std::uint64_t seed) : max_bytes_(max_bytes), hash_(seed), slots_(first_slots) {
    ghosts_.resize(first_slots);
}

near_store::~near_store() {
    clear();
}

// The first slot is nearly always the right one. An entry's head fills a cache line; key and a short reply fill the next two.
// Not in line: there g++ 12 drops the loop that calls it, prefetches and all, as one that does nothing.
void near_store::prefetch_entry(std::uint64_t hash) const {
    constexpr std::size_t line = 64;
    const slot& home = slots_[home_of(hash)];
    if (home.entry == nullptr) return;
    const char* const entry = reinterpret_cast<const char*>(home.entry);
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + line);
    __builtin_prefetch(entry + 2 * line);
}

void near_store::put(std::string_view key, std::string_view reply, time_point expires, const mapping* source) {
    const std::uint64_t hash = hash_of(key);
    if (const std::size_t at = find_slot(key, hash); slots_[at].entry != nullptr) remove(at);
    const std::size_t needed = near_entry::bytes_for(key.size(), reply.size());
    if (needed > longest_entry()) return;
    if (count_ + 1 > slots_.size() / 4 * 3) grow();
    if (table_bytes() + needed > max_bytes_) return;
    make_room(needed);
    near_entry* const added = near_entry::make(key, reply, source);
    added->hash = hash;
    added->expires = expires;
    added->in_main = ghosts_.take(hash, std::max<std::size_t>(main_.size(), first_slots));
    (added->in_main ? main_ : small_).push(added);
    entry_bytes_ += needed;
    ++count_;
    insert_slot(added);
}

bool near_store::drop(std::string_view key) {
    const std::size_t at = find_slot(key, hash_of(key));
    if (slots_[at].entry == nullptr) return false;
    remove(at);
    return true;
}

void near_store::clear() {
    for (slot& each : slots_) {
        if (each.entry != nullptr) near_entry::destroy(each.entry);
        each = {};
    }
    small_ = {};
    main_ = {};
    count_ = entry_bytes_ = 0;
}

void near_store::insert_slot(near_entry* entry) {
    std::size_t at = home_of(entry->hash);
    while (slots_[at].entry != nullptr) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {entry->hash, entry};
}

// Those behind move up, so that no search ends at the gap before its key.
void near_store::erase_slot(std::size_t at) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t next = (at + 1) & mask; slots_[next].entry != nullptr; next = (next + 1) & mask) {
        const std::size_t home = home_of(slots_[next].hash);
        const bool may_move = ((next - home) & mask) >= ((next - at) & mask);
        if (!may_move) continue;
        slots_[at] = slots_[next];
        at = next;
    }
    slots_[at] = {};
}

void near_store::grow() {
    std::vector<slot> old(slots_.size() * 2);
    std::swap(old, slots_);
    ghosts_.resize(slots_.size());
    for (const slot& each : old)
        if (each.entry != nullptr) insert_slot(each.entry);
}

void near_store::make_room(std::size_t needed) {
    while (count_ > 0 && bytes() + needed > max_bytes_) {
        if (small_.size() > 0 && (main_.size() == 0 || small_.bytes() * small_part > max_bytes_))
            evict_from_small();
        else
            evict_from_main();
    }
}

// An entry that was read again moves to the main queue, which costs nothing here: the next round may evict from that.
void near_store::evict_from_small() {
    near_entry* const oldest = small_.oldest();
    if (oldest->reads < 2) {
        ghosts_.add(oldest->hash);
        return evict(oldest);
    }
    small_.remove(oldest);
    oldest->reads = 0;
    oldest->in_main = true;
    main_.push(oldest);
}

// One that was read gets another turn, as often as it was read.
void near_store::evict_from_main() {
    near_entry* const oldest = main_.oldest();
    if (oldest->reads == 0) return evict(oldest);
    --oldest->reads;
    main_.remove(oldest);
    main_.push(oldest);
}

void near_store::evict(near_entry* entry) {
    ++evictions_;
    remove(find_slot(entry->key(), entry->hash));
}

void near_store::remove(std::size_t at) {
    near_entry* const gone = slots_[at].entry;
    erase_slot(at);
    (gone->in_main ? main_ : small_).remove(gone);
    entry_bytes_ -= gone->bytes();
    --count_;
    near_entry::destroy(gone);
}

}  // namespace respgres::proxy
