#pragma once

#include "proxy/clients/client_record.hpp"
#include "proxy/clients/client_table.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace respgres::proxy {

// All clients of the process. Thread-safe; touched when a client comes or goes, and by CLIENT LIST.
class client_registry {
public:
    explicit client_registry(std::uint32_t limit) : limit_(limit) {}

    // A record with the next id, or null when max_clients are there already.
    client_record_ptr admit(client_connection how);
    void remove(std::uint64_t id);

    // In the order in which they came.
    std::vector<client_record_ptr> all() const;
    client_record_ptr find(std::uint64_t id) const;
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    std::uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
    std::uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }

private:
    mutable std::mutex mutex_;
    client_table<client_record_ptr> records_;
    std::uint64_t next_id_ = 1;
    std::uint32_t limit_;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace respgres::proxy
