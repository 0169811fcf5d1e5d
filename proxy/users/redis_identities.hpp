#pragma once

#include "backends/net/poller.hpp"
#include "backends/redis/link_set.hpp"
#include "conf/settings.hpp"
#include "proxy/users/user.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace respgres::proxy {

// A user of Redis' own, and the connections to Redis that its clients share: Redis' ACL holds for all that goes through them.
struct redis_identity {
    redis_identity(boost::asio::any_io_executor executor, net::poller& poller, conf::redis_settings with_credentials,
                   redis::link_stats& stats, std::shared_ptr<const net::tls_context> tls);

    user who;
    conf::redis_settings settings;  // with the user's name and password
    // Redis takes the password no more: its clients are disconnected, as Redis does with a user that is deleted.
    bool revoked = false;
    std::chrono::steady_clock::time_point last_used{};
    redis::link_set links;
};

// Mode redis: the identities of a worker's clients. An identity that no client has any more is kept for a minute, since clients come back.
//
// Not thread-safe: one worker's.
class redis_identities {
public:
    // `tls`: for rediss://.
    redis_identities(boost::asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, std::size_t most,
                     redis::link_stats& stats, std::shared_ptr<const net::tls_context> tls);
    ~redis_identities();

    struct outcome {
        std::shared_ptr<redis_identity> who;  // null: Redis refused, or could not be asked
        std::string error;                    // Redis' own words then, or ours
        bool is_wrong = false;                // it was the password
    };
    // Asks Redis, each time: on a connection that carries nothing but such questions. Cannot be cancelled; the link's time limit bounds it.
    boost::asio::awaitable<outcome> authenticate(std::string name, std::string password);

    // Called by the worker's clock.
    void tick(std::chrono::steady_clock::time_point now);
    boost::asio::awaitable<void> stop();

private:
    struct asker;

    std::shared_ptr<redis_identity> find_or_make(const std::string& name, const std::string& password);
    void forget_unused(std::chrono::steady_clock::time_point before);

    boost::asio::any_io_executor executor_;
    net::poller& poller_;
    conf::redis_settings settings_;
    std::size_t most_;
    redis::link_stats& stats_;
    std::shared_ptr<const net::tls_context> tls_;
    std::unique_ptr<redis::link_set> asker_;  // made when first needed
    std::vector<std::shared_ptr<redis_identity>> known_;
};

}  // namespace respgres::proxy
