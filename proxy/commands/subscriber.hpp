#pragma once

#include "backends/redis/dedicated_pool.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// A client's subscriptions, and the connection to Redis that they live in.
//
// That connection speaks RESP2 whatever the client speaks, because only there each of these commands has a reply; for a RESP3 client the bytes become
// pushes. Which channels there are is known here, so that an UNSUBSCRIBE of all leaves as one command for each.
class subscriber final : public redis::dedicated::user, public redis::receiver {
public:
    subscriber(worker_services& services, session& client) : services_(services), client_(client) {}
    ~subscriber() { close(); }
    subscriber(const subscriber&) = delete;
    subscriber& operator=(const subscriber&) = delete;

    // Takes a connection, unless it has one. An error reply when none is to be had.
    boost::asio::awaitable<std::optional<std::string>> open();
    // Carries out a (P|S)(UN)SUBSCRIBE of that name (lower case) once open() has succeeded; the reply comes in `slot` of the client.
    void change(session::sequence slot, std::string_view name, const std::vector<std::string>& channels);
    // Forgets all subscriptions. Replies that are due become errors.
    void close();

    // In Redis' words: in the context of subscriptions, where RESP2 allows few commands.
    bool is_active() const { return !channels_.empty() || !patterns_.empty() || !shard_channels_.empty(); }

    // Whether Redis has yet to confirm some of them.
    bool is_confirming() const { return !confirmations_.empty(); }

    void on_message(std::string_view bytes, bool complete) override;
    void on_broken(const backends::failure& why) override;
    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t token, const backends::failure& why) override;

private:
    using names = std::set<std::string, std::less<>>;
    // How many replies of Redis make the one of a client's command.
    struct confirmation {
        session::sequence slot;
        std::size_t left;
    };

    names& names_of(std::string_view command);
    bool client_takes_pushes() const { return client_.version() == protocol::resp_version::resp3; }
    void release(bool is_clean);
    void tell_counts();

    worker_services& services_;
    session& client_;
    std::unique_ptr<redis::dedicated> upstream_;
    names channels_;
    names patterns_;
    names shard_channels_;
    std::deque<confirmation> confirmations_;
    std::string message_;  // the beginning of one
    std::string reply_;
};

}  // namespace respgres::proxy
