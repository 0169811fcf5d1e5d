#pragma once

#include "proxy/near/fifo_queue.hpp"
#include "proxy/near/ghost_list.hpp"
#include "proxy/near/key_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// Ready-made replies by key, bounded in bytes. Which ones stay is decided by S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache
// eviction", SOSP 2023): a new key enters a small queue, a tenth of the memory, and leaves it soon unless it is read again; so a scan passes through that
// tenth only. Keys that were read, or that come back soon after they left, get into the main queue.
//
// An open-addressing table of 16-byte slots; each entry is one block of memory that holds key and reply. Pure: time is a parameter. Not thread-safe.
class near_store {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // `max_bytes` bounds entries, table and queues. `seed`: of the hash, so that clients cannot choose keys that collide.
    near_store(std::size_t max_bytes, std::uint64_t seed);
    ~near_store();
    near_store(const near_store&) = delete;
    near_store& operator=(const near_store&) = delete;

    struct hit {
        std::string_view reply;  // empty: there is none, or its time is over
        const mapping* source = nullptr;  // as put() was told
    };

    // The reply of the key, whose hash_of() is `hash`. Valid until the store is changed.
    hit find(std::string_view key, std::uint64_t hash, time_point now) {
        const std::size_t at = find_slot(key, hash);
        near_entry* const found = slots_[at].entry;
        if (found == nullptr) return {};
        if (now >= found->expires) [[unlikely]] {
            remove(at);
            return {};
        }
        if (found->reads < most_reads) ++found->reads;
        return {found->reply(), found->source};
    }
    hit find(std::string_view key, time_point now) { return find(key, hash_of(key), now); }

    // False: find() will find none.
    bool may_hold(std::uint64_t hash) const {
        for (std::size_t at = home_of(hash); slots_[at].entry != nullptr; at = (at + 1) & (slots_.size() - 1))
            if (slots_[at].hash == hash) return true;
        return false;
    }
    // For those who look for several keys: has the processor fetch what find() will read, in two steps with other work in between.
    void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[home_of(hash)]); }
    void prefetch_entry(std::uint64_t hash) const;

    // Takes a reply of a key that belongs to `source`, in place of an earlier one of the key. One that is larger than longest_entry() together with its key is not taken.
    void put(std::string_view key, std::string_view reply, time_point expires, const mapping* source = nullptr);

    // False: it was not there.
    bool drop(std::string_view key);
    void clear();

    std::size_t size() const { return count_; }
    std::size_t bytes() const { return entry_bytes_ + table_bytes(); }
    std::size_t longest_entry() const { return max_bytes_ / 16; }
    // Entries that made room for others, since the beginning.
    std::uint64_t evictions() const { return evictions_; }
    std::uint64_t hash_of(std::string_view key) const { return hash_(key); }

private:
    static constexpr std::uint8_t most_reads = 3;  // that are counted

    struct slot {
        std::uint64_t hash;
        near_entry* entry;  // null: free
    };

    std::size_t table_bytes() const { return slots_.size() * sizeof(slot) + ghosts_.bytes(); }
    std::size_t home_of(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
    // Where the key stands, or the free slot at which the search for it ended.
    std::size_t find_slot(std::string_view key, std::uint64_t hash) const {
        std::size_t at = home_of(hash);
        while (slots_[at].entry != nullptr && (slots_[at].hash != hash || slots_[at].entry->key() != key))
            at = (at + 1) & (slots_.size() - 1);
        return at;
    }
    void insert_slot(near_entry* entry);
    void erase_slot(std::size_t at);
    void grow();
    void make_room(std::size_t needed);
    void evict_from_small();
    void evict_from_main();
    void evict(near_entry* entry);
    void remove(std::size_t at);

    std::size_t max_bytes_;
    key_hash hash_;
    std::vector<slot> slots_;  // a power of two long
    fifo_queue small_;
    fifo_queue main_;
    ghost_list ghosts_;
    std::size_t count_ = 0;
    std::size_t entry_bytes_ = 0;
    std::uint64_t evictions_ = 0;
};

}  // namespace respgres::proxy
