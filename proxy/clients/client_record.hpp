#pragma once

#include "backends/net/ip_endpoint.hpp"
#include "protocol/commands/command_table.hpp"
#include "proxy/clients/local_address.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace respgres::proxy {

// What other threads may ask of a client: its worker. Any thread; it lives as long as any of those that ask.
class client_owner {
public:
    virtual void request_close(std::uint64_t client) = 0;
    virtual void request_invalidation(std::uint64_t client, std::string keys) = 0;

protected:
    ~client_owner() = default;

private:
    friend struct client_record;
    std::mutex details_;  // of all its clients: few have any, and they are rarely looked at
};

// How a client is connected.
struct client_connection {
    net::ip_endpoint peer;  // none: through a Unix socket
    local_address_ptr local;
    int fd = -1;
};

struct subscription_counts {
    std::uint32_t channels = 0;
    std::uint32_t patterns = 0;
    std::uint32_t shard_channels = 0;
    bool operator==(const subscription_counts&) const = default;
};

// What most clients never say or do.
struct client_details {
    std::string name;
    std::string user = "default";
    std::string library_name;
    std::string library_version;
    std::int64_t redirect = -1;  // CLIENT GETREDIR's number: -1 = its reads are not tracked
    subscription_counts subscribed;
    std::uint64_t blocked_connection = 0;  // Redis' number of the connection that the client is blocked in; 0 = it is not
};

// What CLIENT LIST and /stats tell of one client. Shared by its worker and whoever lists: its worker alone writes, others may read at any time.
//
// There is one for each connection, however idle: its members are in an order that leaves no gaps.
struct client_record : boost::intrusive_ref_counter<client_record> {
    using time_point = std::chrono::steady_clock::time_point;

    client_record(std::uint64_t number, client_connection how);

    const int fd;
    const std::uint64_t id;
    const time_point since = std::chrono::steady_clock::now();
    std::atomic<const protocol::command_info*> last_command{nullptr};
    std::atomic<time_point> last_active{since};
    std::atomic<std::uint32_t> database{0};
    [[no_unique_address]] const net::ip_endpoint peer;  // none: a client of a Unix socket
    std::atomic<std::uint8_t> version{2};  // in the endpoint's last byte

    // Its worker has it: nothing of the following happens before, or when the client has gone.
    void accept(client_owner& by) { owner_.store(&by, std::memory_order_release); }
    void close() const;
    // Tells it what another client's tracking invalidates: an array of keys, or null, as RESP.
    void invalidate(std::string keys) const;

    // "127.0.0.1:51234"; of a client of a Unix socket that of the socket.
    std::string address() const { return peer.is_none() ? local_address() : peer.text(); }
    std::string local_address() const { return local_ ? local_->text : std::string(); }

    client_details details() const;
    // For its worker, which has accepted it.
    void set_name(std::string name);
    void set_user(std::string name);
    void set_library(std::string name);
    void set_library_version(std::string text);
    void set_redirect(std::int64_t number);
    void set_subscribed(subscription_counts counts);
    void set_blocked_connection(std::uint64_t number);

private:
    template <typename Value>
    void set(Value client_details::* detail, Value value);

    std::atomic<client_owner*> owner_{nullptr};
    std::unique_ptr<client_details> details_;  // null: as in client_details{}. Written by the worker, under the owner's mutex
    const local_address_ptr local_;
};

using client_record_ptr = boost::intrusive_ptr<client_record>;

// What Redis takes as the name of a client: printable characters without space; empty removes the name.
bool is_client_name(std::string_view name);

}  // namespace respgres::proxy
