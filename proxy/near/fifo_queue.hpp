#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

namespace respgres::proxy {

struct mapping;

// A key and its ready-made reply in one block of memory: they stand right behind this head.
struct near_entry {
    near_entry* newer = nullptr;  // in its queue
    near_entry* older = nullptr;
    std::chrono::steady_clock::time_point expires;
    std::uint64_t hash = 0;
    const mapping* source = nullptr;  // that the key belongs to
    std::uint32_t key_size = 0;
    std::uint32_t reply_size = 0;
    std::uint8_t reads = 0;  // since it entered its queue, at most 3
    bool in_main = false;

    std::string_view key() const { return {data(), key_size}; }
    std::string_view reply() const { return {data() + key_size, reply_size}; }
    // What it costs, the allocator's own head included.
    std::size_t bytes() const { return bytes_for(key_size, reply_size); }
    static std::size_t bytes_for(std::size_t key_size, std::size_t reply_size) {
        constexpr std::size_t unit = 16;
        return (sizeof(near_entry) + key_size + reply_size + unit / 2 + unit - 1) / unit * unit;
    }

    static near_entry* make(std::string_view key, std::string_view reply, const mapping* source) {
        void* const memory = ::operator new(sizeof(near_entry) + key.size() + reply.size());
        auto* const made = new (memory) near_entry;
        made->source = source;
        made->key_size = static_cast<std::uint32_t>(key.size());
        made->reply_size = static_cast<std::uint32_t>(reply.size());
        char* const behind = reinterpret_cast<char*>(made + 1);
        std::memcpy(behind, key.data(), key.size());
        std::memcpy(behind + key.size(), reply.data(), reply.size());
        return made;
    }
    static void destroy(near_entry* gone) { ::operator delete(gone); }

private:
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
};

// Entries in the order in which they came, with the bytes that they cost. Owns nothing.
class fifo_queue {
public:
    void push(near_entry* added) {
        added->newer = nullptr;
        added->older = newest_;
        (newest_ != nullptr ? newest_->newer : oldest_) = added;
        newest_ = added;
        bytes_ += added->bytes();
        ++size_;
    }

    void remove(near_entry* gone) {
        (gone->newer != nullptr ? gone->newer->older : newest_) = gone->older;
        (gone->older != nullptr ? gone->older->newer : oldest_) = gone->newer;
        bytes_ -= gone->bytes();
        --size_;
    }

    near_entry* oldest() const { return oldest_; }
    std::size_t bytes() const { return bytes_; }
    std::size_t size() const { return size_; }

private:
    near_entry* newest_ = nullptr;
    near_entry* oldest_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

}  // namespace respgres::proxy
