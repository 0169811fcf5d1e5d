#include "proxy/users/authenticator.hpp"

#include "backends/net/as_values.hpp"

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
        co_await turn.async_wait(net::as_values);
    }
    co_return true;
}

bool authenticator::may_be_now(const user* who, std::string_view name, std::string_view password) {
    return who != nullptr && who->enabled && (who->nopass || is_known(name, password));
}

// Until not too many are before it, or it need not be hashed any more; false when that takes too long.
asio::awaitable<bool> authenticator::wait_for_hasher(const user* who, std::string name, std::string password) {
    constexpr int most_pending = 32;
    constexpr std::chrono::milliseconds pause{20};
    const auto deadline = steady_clock::now() + longest_wait_;
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    while (pending_.load(std::memory_order_relaxed) >= most_pending && !may_be_now(who, name, password)) {
        if (steady_clock::now() > deadline) co_return false;
        timer.expires_after(pause);
        co_await timer.async_wait(net::as_values);
    }
    co_return true;
}

// On the hashing thread; the caller's executor goes on afterwards.
asio::awaitable<bool> authenticator::compare(const user* who, std::string password) {
    const password_hash* instead = users_.slowest_hash();
    auto begin = [this, who, instead, password = std::move(password)](auto handler) mutable {
        auto executor = asio::get_associated_executor(handler);
        auto work = [this, who, instead, password = std::move(password), handler = std::move(handler),
                     guard = asio::make_work_guard(executor)]() mutable {
            bool right = false;
            if (stopping_.load(std::memory_order_relaxed))
                right = false;
            else if (may_be_now(who, who != nullptr ? std::string_view(who->name) : std::string_view(), password))
                right = true;   // another client had the same password meanwhile
            else if (who != nullptr && !who->passwords.empty())
                right = matches_any(*who, password) && who->enabled;
            else if (instead != nullptr)
                static_cast<void>(instead->matches(password));
            pending_.fetch_sub(1, std::memory_order_relaxed);
            // The guard goes along: it must not outlive the caller's context.
            const auto back = guard.get_executor();
            auto tell = [handler = std::move(handler), guard = std::move(guard), right]() mutable { std::move(handler)(right); };
            asio::post(back, std::move(tell));
        };
        pending_.fetch_add(1, std::memory_order_relaxed);
        asio::post(hasher_, std::move(work));
    };
    constexpr auto& token = asio::use_awaitable;
    co_return co_await asio::async_initiate<decltype(token), void(bool)>(std::move(begin), token);
}

asio::awaitable<authenticator::outcome> authenticator::check(std::string name, std::string password, std::string address) {
    const user* const who = users_.find(name);
    outcome found;
    if (may_be_now(who, name, password)) {
        found.who = who;
        co_return found;
    }
    const bool may_try = co_await wait_for_turn(name, password, address);
    found.too_many = !may_try;
    if (!may_try) co_return found;
    const bool may_hash = co_await wait_for_hasher(who, name, password);
    found.too_many = !may_hash;
    if (!may_hash) co_return found;
    const bool right = co_await compare(who, password);
    note(right, name, password, address);
    if (right) found.who = who;
    co_return found;
}

}  // namespace respgres::proxy
