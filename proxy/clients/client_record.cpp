#include "proxy/clients/client_record.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace respgres::proxy {

client_record::client_record(std::uint64_t number, client_connection how)
    : fd(how.fd), id(number), peer(how.peer), local_(std::move(how.local)) {}

void client_record::close() const {
    if (client_owner* const owner = owner_.load(std::memory_order_acquire)) owner->request_close(id);
}

void client_record::invalidate(std::string keys) const {
    if (client_owner* const owner = owner_.load(std::memory_order_acquire)) owner->request_invalidation(id, std::move(keys));
}

client_details client_record::details() const {
    client_owner* const owner = owner_.load(std::memory_order_acquire);
    if (owner == nullptr) return {};
    const std::lock_guard lock(owner->details_);
    return details_ ? *details_ : client_details{};
}

template <typename Value>
void client_record::set(Value client_details::* detail, Value value) {
    if (!details_ && value == client_details{}.*detail) return;
    client_owner* const owner = owner_.load(std::memory_order_relaxed);
    BOOST_ASSERT(owner != nullptr);
    const std::lock_guard lock(owner->details_);
    if (!details_) details_ = std::make_unique<client_details>();
    (*details_).*detail = std::move(value);
}

void client_record::set_name(std::string name) {
    set(&client_details::name, std::move(name));
}
void client_record::set_user(std::string name) {
    set(&client_details::user, std::move(name));
}
void client_record::set_library(std::string name) {
    set(&client_details::library_name, std::move(name));
}
void client_record::set_library_version(std::string text) {
    set(&client_details::library_version, std::move(text));
}
void client_record::set_redirect(std::int64_t number) {
    set(&client_details::redirect, number);
}
void client_record::set_subscribed(subscription_counts counts) {
    set(&client_details::subscribed, counts);
}
void client_record::set_blocked_connection(std::uint64_t number) {
    set(&client_details::blocked_connection, number);
}

bool is_client_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace respgres::proxy
