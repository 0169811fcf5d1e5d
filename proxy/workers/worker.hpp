#pragma once

#include "backends/net/poller.hpp"
#include "backends/net/unique_fd.hpp"
#include "backends/postgres/pool.hpp"
#include "backends/redis/client.hpp"
#include "backends/redis/link_set.hpp"
#include "proxy/audit/auditor.hpp"
#include "proxy/clients/client_registry.hpp"
#include "proxy/clients/client_table.hpp"
#include "proxy/commands/command_router.hpp"
#include "proxy/commands/reply_tasks.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/fills/fill_engine.hpp"
#include "proxy/fills/registry_pruner.hpp"
#include "proxy/lookups/mapped_read.hpp"
#include "proxy/lookups/near_reads.hpp"
#include "proxy/metrics/stats_hub.hpp"
#include "proxy/near/near_cache.hpp"
#include "proxy/near/near_keys.hpp"
#include "proxy/sessions/session.hpp"
#include "proxy/workers/tls_contexts.hpp"
#include "proxy/workers/tls_entrance.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace respgres::proxy {

// One thread with everything that it touches: its clients, its connections to Redis and PostgreSQL, its fills. Workers share only what does not
// change, counters, and the list of clients.
class worker final : public session_owner, public client_owner, public tls_entrance::owner {
public:
    // `index` counts from 0; the first speaks for all in the log. All references must outlive the worker.
    worker(std::size_t index, std::size_t worker_count, const conf::settings& settings, const tls_contexts& tls,
           const mapping_table& mappings, const drop_rules& rules, client_registry& clients, authenticator& auth, freshness_news& news,
           const stats_hub& hub, worker_stats& stats);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void start();
    // Any thread: hands a new client over, of a TLS port or of another. The descriptor is non-blocking.
    void take_client(net::unique_fd socket, bool speaks_tls, client_record_ptr record);
    // Any thread: drops the mapped keys that match the glob; calls `done` on the worker's thread, unless the worker ends before.
    void drop_matching(std::string glob, std::function<void(backends::outcome<std::size_t>)> done);
    // Any thread: stops reading from the clients, lets what is under way finish until the limit has passed, closes everything, ends the thread.
    void drain(std::chrono::milliseconds limit);
    // Waits for the thread's end.
    void join();

    // Any thread.
    std::size_t client_count() const { return client_count_.load(std::memory_order_relaxed); }
    bool redis_is_up() const { return redis_up_.load(std::memory_order_relaxed); }
    bool postgres_is_up() const { return postgres_up_.load(std::memory_order_relaxed); }

private:
    void let_in(net::channel client, client_record_ptr record) override;
    void turn_away(const client_record& record) override;
    void on_closed(session& client) override;
    void request_close(std::uint64_t id) override;
    void request_invalidation(std::uint64_t id, std::string keys) override;
    void close_client(std::uint64_t id);
    void invalidate(std::uint64_t id, const std::string& keys);
    void serve();
    void tick();
    boost::asio::awaitable<void> shut_down(std::chrono::milliseconds limit);
    // Whether no client, fill, audit or command is under way.
    bool is_quiet() const;
    boost::asio::awaitable<void> wait_until_quiet(std::chrono::steady_clock::time_point deadline);

    const conf::settings& settings_;
    client_registry& clients_;
    authenticator& auth_;
    worker_stats& stats_;
    std::size_t index_;
    boost::asio::io_context context_{1};
    net::poller poller_;
    redis::link_set links_;
    redis::dedicated_pool dedicated_;
    redis_identities identities_;
    link_gates gates_;
    redis::client redis_;
    postgres::pool postgres_;
    fill_engine fills_;
    auditor audits_;
    std::optional<registry_pruner> prunes_;  // of the first worker, where no leader does it
    near_cache near_;
    near_keys near_keys_;
    mapped_reads reads_;
    near_reads near_reads_;
    command_drops drops_;
    worker_services services_;
    reply_tasks tasks_;
    command_router router_;
    traffic_pool traffic_;
    session_environment environment_;
    client_table<std::unique_ptr<session>> sessions_;
    tls_entrance entrance_;
    boost::asio::steady_timer clock_;
    std::atomic<std::size_t> client_count_{0};
    std::atomic<bool> redis_up_{false};
    std::atomic<bool> postgres_up_{false};
    bool draining_ = false;
    std::thread thread_;
};

}  // namespace respgres::proxy
