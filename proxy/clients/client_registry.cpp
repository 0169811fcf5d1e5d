#include "proxy/clients/client_registry.hpp"

#include <utility>

namespace respgres::proxy {

client_record_ptr client_registry::admit(client_connection how) {
    const std::lock_guard lock(mutex_);
    if (records_.size() >= limit_) {
        rejected_.fetch_add(1, std::memory_order_relaxed);
        return nullptr;
    }
    client_record_ptr record(new client_record(next_id_++, std::move(how)));
    records_.add(record->id, record);
    size_.store(records_.size(), std::memory_order_relaxed);
    accepted_.fetch_add(1, std::memory_order_relaxed);
    return record;
}

void client_registry::remove(std::uint64_t id) {
    client_record_ptr removed;   // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    removed = records_.remove(id);
    size_.store(records_.size(), std::memory_order_relaxed);
}

std::vector<client_record_ptr> client_registry::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<client_record_ptr> copy;
    copy.reserve(records_.size());
    records_.for_each([&copy](client_record& record) { copy.emplace_back(&record); });
    return copy;
}

client_record_ptr client_registry::find(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    return client_record_ptr(records_.find(id));
}

}  // namespace respgres::proxy
