#pragma once

#include "backends/redis/dedicated_pool.hpp"
#include "proxy/commands/subscriber.hpp"
#include "proxy/commands/transaction_queue.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace respgres::proxy {

// What a client has while it is in a transaction, watches keys, blocks or subscribes, and the connections to Redis that are its own meanwhile.
//
// A transaction alone needs none: its commands are kept here, and leave in one piece.
class stateful_client final : public session_state, public redis::dedicated::user {
public:
    stateful_client(worker_services& services, session& client) : subscriptions(services, client), services_(services), client_(client) {}
    ~stateful_client() override { release(false); }

    // The client's state; `of` makes it, `find` returns null if there is none.
    static stateful_client& of(worker_services& services, session& client);
    static stateful_client* find(session& client) { return static_cast<stateful_client*>(client.state()); }

    // Set from MULTI to EXEC or DISCARD.
    std::optional<transaction_queue> transaction;
    subscriber subscriptions;

    // Takes a connection for WATCH or a blocking command, unless it has one. An error reply when none is to be had.
    boost::asio::awaitable<std::optional<std::string>> acquire();
    bool has_connection() const { return upstream_ != nullptr; }
    // Appends what brings the connection to the client's database and protocol version, should it have changed them since; how many replies that gives.
    std::size_t align(std::string& commands);
    redis::connection& wire() { return upstream_->wire(); }
    // Gives it back: no state is left in it, or else it is closed.
    void release(bool is_clean);

    bool is_blocked = false;  // by a command under way

    bool watches() const { return watches_ || watch_broke_; }
    void set_watches() { watches_ = true; }
    // The connection in which keys were watched broke: nobody knows whether they have changed.
    bool watch_broke() const { return watch_broke_; }
    // UNWATCH or EXEC came through, or is not needed: the connection holds no state.
    void end_watch();

    void on_client_gone() override;
    bool blocks() const override { return is_blocked; }
    bool may_idle() const override { return is_blocked || subscriptions.is_active(); }
    void on_message(std::string_view, bool) override {}
    void on_broken(const backends::failure& why) override;

private:
    worker_services& services_;
    session& client_;
    std::unique_ptr<redis::dedicated> upstream_;
    std::uint32_t database_ = 0;  // that the connection is in, and the version that it speaks
    protocol::resp_version version_ = protocol::resp_version::resp2;
    bool is_realigned_ = false;
    bool watches_ = false;
    bool watch_broke_ = false;
    bool gone_ = false;
};

}  // namespace respgres::proxy
