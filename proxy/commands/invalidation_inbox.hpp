#pragma once

#include "backends/redis/dedicated_pool.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy {

// A RESP3 connection to which Redis sends what CLIENT TRACKING with REDIRECT is to tell another client of the proxy, on whichever worker it is. One per
// client that redirects.
class invalidation_inbox final : public redis::dedicated::user {
public:
    // `owner` redirects to the client with the id `target`.
    invalidation_inbox(worker_services& services, session& owner, std::uint64_t target)
        : services_(services), owner_(owner), target_(target) {}
    ~invalidation_inbox() { close(); }
    invalidation_inbox(const invalidation_inbox&) = delete;
    invalidation_inbox& operator=(const invalidation_inbox&) = delete;

    // An error reply when no connection is to be had.
    boost::asio::awaitable<std::optional<std::string>> open();
    // What Redis calls the connection, once it is open.
    std::uint64_t id() const { return upstream_->id(); }

    void on_message(std::string_view bytes, bool complete) override;
    // As if the target had gone.
    void on_broken(const backends::failure& why) override;

private:
    void close();
    void tell_broken();

    worker_services& services_;
    session& owner_;
    std::uint64_t target_;
    std::unique_ptr<redis::dedicated> upstream_;
    std::string message_;  // the beginning of one
};

// The push that tells a RESP3 client that the one which it redirects to has gone.
std::string redirect_broken_push(std::uint64_t target);

// Tells a client what its own tracking, or that of one which redirects to it, invalidates: `keys` is the array of a push `invalidate`, or null.
// Does as Redis: a RESP2 client is told as by a channel, if it subscribes to anything at all. On the client's worker.
void deliver_invalidation(session& to, std::string_view keys);

}  // namespace respgres::proxy
