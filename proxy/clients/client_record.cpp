#include "proxy/clients/client_record.hpp"

#include <algorithm>

namespace respgres::proxy {

std::string client_record::get(std::string texts::* text) const {
    const std::lock_guard lock(mutex_);
    return texts_ ? (*texts_).*text : texts{}.*text;
}

void client_record::set(std::string texts::* text, std::string value) {
    const std::lock_guard lock(mutex_);
    if (!texts_ && value == texts{}.*text) return;
    if (!texts_) texts_ = std::make_unique<texts>();
    (*texts_).*text = std::move(value);
}

void client_record::accept(client_owner& by) {
    const std::lock_guard lock(mutex_);
    owner_ = &by;
}

void client_record::close() const {
    const std::lock_guard lock(mutex_);
    if (owner_ != nullptr) owner_->request_close(id);
}

void client_record::invalidate(std::string keys) const {
    const std::lock_guard lock(mutex_);
    if (owner_ != nullptr) owner_->request_invalidation(id, std::move(keys));
}

std::string client_record::name() const {
    return get(&texts::name);
}
std::string client_record::user() const {
    return get(&texts::user);
}
std::string client_record::library_name() const {
    return get(&texts::library_name);
}
std::string client_record::library_version() const {
    return get(&texts::library_version);
}

void client_record::set_name(std::string name) {
    set(&texts::name, std::move(name));
}
void client_record::set_user(std::string name) {
    set(&texts::user, std::move(name));
}
void client_record::set_library(std::string name) {
    set(&texts::library_name, std::move(name));
}
void client_record::set_library_version(std::string text) {
    set(&texts::library_version, std::move(text));
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
