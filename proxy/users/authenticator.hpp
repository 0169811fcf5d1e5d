#pragma once

#include "conf/settings.hpp"
#include "proxy/users/attempt_limiter.hpp"
#include "proxy/users/password_hash.hpp"
#include "proxy/users/user_table.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Tells who a client is, from name and password. One for the process, shared by all workers: thread-safe.
//
// Hashing a password takes long on purpose, so a thread of its own does it; a password that was right before costs a worker an HMAC. In mode redis it
// only slows down who guesses: Redis knows the passwords.
class authenticator {
public:
    authenticator(const conf::settings& settings, user_table users);

    // Null: clients need not and cannot authenticate, and may do everything.
    const user* initial_user() const { return initial_; }
    const user* find(std::string_view name) const { return users_.find(name); }
    // Whether anybody could be that user. Of Redis' own users nothing is known here.
    bool has_user(std::string_view name) const { return mode_ == conf::auth_mode::redis || name == "default" || find(name) != nullptr; }
    const user_table& users() const { return users_; }
    conf::auth_mode mode() const { return mode_; }

    struct outcome {
        const user* who = nullptr;  // null: the pair is wrong, or the user is disabled
        bool too_many = false;  // it was not looked at: too many attempts of this address wait
    };
    // Mode users. Attempts of an address that guesses wait (attempt_limiter); a pair that is known to be right does not. A name that nobody has takes as
    // long as another. Cannot be cancelled; takes at most the time limit for authenticating, and the hash.
    boost::asio::awaitable<outcome> check(std::string name, std::string password, std::string address);

    // For mode redis: waits until this attempt may be made; false when that is too long.
    boost::asio::awaitable<bool> wait_for_turn(std::string name, std::string password, std::string address);
    // No password is hashed any more: attempts that wait for it fail.
    void stop() { stopping_.store(true, std::memory_order_relaxed); }
    // Waits for the hashing thread, which hands results to its callers' contexts: before these are destroyed.
    void join() { hasher_.join(); }
    // What came of an attempt. A pair that was right once does not wait again.
    void note(bool right, std::string_view name, std::string_view password, std::string_view address);

private:
    bool is_known(std::string_view name, std::string_view password);
    bool may_be_now(const user* who, std::string_view name, std::string_view password);
    boost::asio::awaitable<bool> wait_for_hasher(const user* who, std::string name, std::string password);
    boost::asio::awaitable<bool> compare(const user* who, std::string password);

    conf::auth_mode mode_;
    std::chrono::milliseconds longest_wait_;
    user_table users_;
    user nobody_;
    const user* initial_ = nullptr;
    std::mutex mutex_;
    attempt_limiter limiter_;  // under the mutex, as the next
    known_passwords known_;
    std::atomic<int> pending_{0};  // passwords that wait to be hashed
    std::atomic<bool> stopping_{false};
    boost::asio::thread_pool hasher_{1};
};

// "10.0.0.7" of "10.0.0.7:51234": attempts are counted by host.
std::string_view host_of(std::string_view address);

}  // namespace respgres::proxy
