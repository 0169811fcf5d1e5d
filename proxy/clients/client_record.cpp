#include "proxy/clients/client_record.hpp"

#include <algorithm>

namespace respgres::proxy {

std::string client_record::get(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    return text;
}

void client_record::accept(requests handlers) {
    const std::lock_guard lock(mutex_);
    requests_ = std::move(handlers);
}

void client_record::close() const {
    const std::lock_guard lock(mutex_);
    if (requests_.close) requests_.close();
}

void client_record::invalidate(std::string keys) const {
    const std::lock_guard lock(mutex_);
    if (requests_.invalidate) requests_.invalidate(std::move(keys));
}

std::string client_record::name() const {
    return get(name_);
}
std::string client_record::library_name() const {
    return get(library_name_);
}
std::string client_record::library_version() const {
    return get(library_version_);
}

std::string client_record::user() const {
    return get(user_);
}

void client_record::set_user(std::string name) {
    const std::lock_guard lock(mutex_);
    user_ = std::move(name);
}

void client_record::set_name(std::string name) {
    const std::lock_guard lock(mutex_);
    name_ = std::move(name);
}

void client_record::set_library(std::string name) {
    const std::lock_guard lock(mutex_);
    library_name_ = std::move(name);
}

void client_record::set_library_version(std::string text) {
    const std::lock_guard lock(mutex_);
    library_version_ = std::move(text);
}

bool is_client_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

std::shared_ptr<client_record> client_registry::admit() {
    const std::lock_guard lock(mutex_);
    if (records_.size() >= limit_) {
        rejected_.fetch_add(1, std::memory_order_relaxed);
        return nullptr;
    }
    auto record = std::make_shared<client_record>();
    record->id = next_id_++;
    record->since = std::chrono::steady_clock::now();
    records_.emplace(record->id, record);
    size_.store(records_.size(), std::memory_order_relaxed);
    accepted_.fetch_add(1, std::memory_order_relaxed);
    return record;
}

void client_registry::remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    records_.erase(id);
    size_.store(records_.size(), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<client_record>> client_registry::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<client_record>> copy;
    copy.reserve(records_.size());
    for (const auto& [id, record] : records_) copy.push_back(record);
    return copy;
}

std::shared_ptr<client_record> client_registry::find(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(id);
    return found == records_.end() ? nullptr : found->second;
}

}  // namespace respgres::proxy
