#pragma once

#include "backends/redis/dedicated_pool.hpp"
#include "proxy/commands/client_tracking.hpp"
#include "proxy/commands/invalidation_inbox.hpp"
#include "proxy/commands/subscriber.hpp"
#include "proxy/commands/transaction_queue.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/lookups/command_route.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace respgres::proxy {

// What a client has while it is in a transaction, watches keys, blocks, subscribes or has its reads tracked, and the connections to Redis that are its
// own meanwhile.
//
// A transaction alone needs none: its commands are kept here, and leave in one piece. A client whose reads are tracked sends everything through its
// own, so that Redis sees them, and answers and invalidations come in order.
class stateful_client final : public session_state, public redis::dedicated::user, public redis::sender {
public:
    stateful_client(worker_services& services, session& client) : subscriptions(services, client), services_(services), client_(client) {}
    ~stateful_client() override;

    // The client's state; `of` makes it, `find` returns null if there is none.
    static stateful_client& of(worker_services& services, session& client);
    static stateful_client* find(session& client) { return static_cast<stateful_client*>(client.state()); }

    // Set from MULTI to EXEC or DISCARD.
    std::optional<transaction_queue> transaction;
    subscriber subscriptions;

    // Takes a connection for WATCH or a blocking command, unless it has one. An error reply when none is to be had.
    boost::asio::awaitable<std::optional<std::string>> acquire();
    bool has_connection() const { return upstream_ != nullptr; }
    // Appends what brings the connection to the client's database and protocol version, should it have changed them since, and what CLIENT CACHING has
    // said; how many replies that gives.
    std::size_t precede(std::string& commands);
    redis::sender& own() { return *upstream_; }
    // Gives it back: no state is left in it, or else it is closed. Not while reads are tracked.
    void release(bool is_clean);
    // A transaction has brought the connection there.
    void set_own_database(std::uint32_t database) { database_ = database; }

    // As sender: through its own connection, aligned.
    [[nodiscard]] bool send(std::string_view commands, redis::receiver& to, std::uint64_t token, std::uint32_t replies = 1) override;
    const backends::failure& last_failure() const override;

    client_tracking tracking;
    // Once Redis has said yes. `inbox` with REDIRECT.
    void start_tracking(const tracking_request& request, std::unique_ptr<invalidation_inbox> inbox);
    void end_tracking();

    // A command under way blocks.
    void set_blocked(bool blocked);

    bool watches() const { return watches_ || watch_broke_; }
    void set_watches() { watches_ = true; }
    // The connection in which keys were watched broke: nobody knows whether they have changed.
    bool watch_broke() const { return watch_broke_; }
    // UNWATCH or EXEC came through, or is not needed: the connection holds no state.
    void end_watch();

    void on_client_gone() override;
    bool blocks() const override { return is_blocked_; }
    bool may_idle() const override { return is_blocked_ || subscriptions.is_active(); }
    void check_time_limit(std::chrono::steady_clock::time_point now) override;
    void on_message(std::string_view bytes, bool complete) override;
    void on_broken(const backends::failure& why) override;

private:
    std::size_t align(std::string& commands);
    void give_back(bool is_clean);
    void push(std::string message);

    worker_services& services_;
    session& client_;
    std::unique_ptr<redis::dedicated> upstream_;
    std::unique_ptr<invalidation_inbox> inbox_;
    std::string message_;  // the beginning of a push
    std::uint32_t database_ = 0;  // that the connection is in, and the version that it speaks
    protocol::resp_version version_ = protocol::resp_version::resp2;
    bool is_realigned_ = false;
    bool is_blocked_ = false;
    bool watches_ = false;
    bool watch_broke_ = false;
    bool gone_ = false;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // what is posted may come later than our end
};

// The way of the client's command that is being carried out.
command_route route_of(worker_services& services, session& client);

}  // namespace respgres::proxy
