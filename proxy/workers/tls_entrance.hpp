#pragma once

#include "backends/net/channel.hpp"
#include "backends/net/poller.hpp"
#include "backends/net/tls_context.hpp"
#include "proxy/clients/client_record.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/metrics/worker_stats.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace respgres::proxy {

// Clients of a TLS port until their handshake is done: only then does a client cost a session.
//
// Not thread-safe: one per worker. Every client that is taken is either let in or turned away, once.
class tls_entrance {
public:
    class owner {
    public:
        virtual void let_in(net::channel client, client_record_ptr record) = 0;
        virtual void turn_away(const client_record& record) = 0;

    protected:
        ~owner() = default;
    };

    tls_entrance(net::poller& poller, std::shared_ptr<const net::tls_context> context, std::chrono::milliseconds limit, front_stats& stats,
                 owner& told);
    ~tls_entrance();

    void take(net::unique_fd socket, client_record_ptr record);
    // CLIENT KILL; a client that is not here is none of our business.
    void close(std::uint64_t id);
    void close_all();
    bool is_empty() const { return arrivals_.empty(); }

    // Called by the worker's clock: turns away who takes too long.
    void check_time_limits(std::chrono::steady_clock::time_point now);

private:
    class arrival;

    void let_in(arrival& who);
    void turn_away(arrival& who);
    void tell(const arrival& who, const std::string& why);

    net::poller& poller_;
    std::shared_ptr<const net::tls_context> context_;
    std::chrono::milliseconds limit_;
    front_stats& stats_;
    owner& owner_;
    log_throttle log_;
    std::unordered_map<std::uint64_t, std::unique_ptr<arrival>> arrivals_;   // by the client's id
};

}  // namespace respgres::proxy
