#include "proxy/users/authenticator.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

// All are looked at, so that the time does not tell which of them is right.
bool matches_any(const user& who, std::string_view password) {
    bool found = false;
    for (const password_hash& hash : who.passwords) found = hash.matches(password) || found;
    return found;
}

}  // namespace

std::string_view host_of(std::string_view address) {
    return address.substr(0, address.rfind(':'));
}

authenticator::authenticator(const conf::settings& settings, user_table users)
    : mode_(settings.auth.mode.value), longest_wait_(settings.auth.timeout), users_(std::move(users)) {
    nobody_.by = user::checks::nobody_yet;
    nobody_.longest_stay = settings.auth.timeout;
    if (mode_ == conf::auth_mode::none) return;
    const user* first = mode_ == conf::auth_mode::users ? users_.find("default") : nullptr;
    initial_ = first != nullptr && first->enabled && first->nopass ? first : &nobody_;
}

bool authenticator::is_known(std::string_view name, std::string_view password) {
    const std::lock_guard lock(mutex_);
    return known_.knows(name, password);
}

void authenticator::note(bool right, std::string_view name, std::string_view password, std::string_view address) {
    const std::lock_guard lock(mutex_);
    if (right)
        known_.remember(name, password);
    else
        limiter_.note_failure(host_of(address), steady_clock::now());
}

asio::awaitable<bool> authenticator::wait_for_turn(std::string name, std::string password, std::string address) {
    if (is_known(name, password)) co_return true;
    steady_clock::duration wait{};
    {
        const std::lock_guard lock(mutex_);
        wait = limiter_.wait_of(host_of(address), steady_clock::now());
    }
    if (wait > longest_wait_) co_return false;
    if (wait > steady_clock::duration::zero()) {
        auto executor = co_await asio::this_coro::executor;
        asio::steady_timer turn(executor, wait);
        constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
        co_await turn.async_wait(as_values);
    }
    co_return true;
}

// On the hashing thread; the caller's executor goes on afterwards.
asio::awaitable<bool> authenticator::compare(const user* who, std::string password) {
    const password_hash* instead = users_.slowest_hash();
    auto begin = [this, who, instead, password = std::move(password)](auto handler) mutable {
        auto executor = asio::get_associated_executor(handler);
        auto work = [who, instead, password = std::move(password), handler = std::move(handler),
                     guard = asio::make_work_guard(executor)]() mutable {
            bool right = false;
            if (who != nullptr && !who->passwords.empty())
                right = matches_any(*who, password) && who->enabled;
            else if (instead != nullptr)
                static_cast<void>(instead->matches(password));
            auto tell = [handler = std::move(handler), right]() mutable { std::move(handler)(right); };
            asio::post(guard.get_executor(), std::move(tell));
        };
        asio::post(hasher_, std::move(work));
    };
    constexpr auto& token = asio::use_awaitable;
    co_return co_await asio::async_initiate<decltype(token), void(bool)>(std::move(begin), token);
}

asio::awaitable<authenticator::outcome> authenticator::check(std::string name, std::string password, std::string address) {
    const user* const who = users_.find(name);
    outcome found;
    if (who != nullptr && who->enabled && (who->nopass || is_known(name, password))) {
        found.who = who;
        co_return found;
    }
    const bool may_try = co_await wait_for_turn(name, password, address);
    found.too_many = !may_try;
    if (!may_try) co_return found;
    const bool right = co_await compare(who, password);
    note(right, name, password, address);
    if (right) found.who = who;
    co_return found;
}

}  // namespace respgres::proxy
