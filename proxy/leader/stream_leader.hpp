#pragma once

#include "backends/postgres/replication/fence.hpp"
#include "backends/postgres/replication/replication_stream.hpp"
#include "backends/postgres/replication/slot_commands.hpp"
#include "backends/postgres/replication/slot_facts.hpp"
#include "backends/postgres/session.hpp"
#include "conf/settings.hpp"
#include "proxy/fills/registry_pruner.hpp"
#include "proxy/freshness/freshness_news.hpp"
#include "proxy/invalidations/invalidation_rules.hpp"
#include "proxy/invalidations/server_facts.hpp"
#include "proxy/leader/applied_stream.hpp"
#include "proxy/leader/shard.hpp"
#include "proxy/leader/stream_pace.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace respgres::proxy {

// Follows the change stream, or waits to: of all proxies that share a slot one leads, the others stand by and take over when it ends. All of them measure PostgreSQL's
// clock meanwhile.
//
// Who leads is decided by an advisory lock of PostgreSQL's, held by a session that the server ends when it has been silent for a while; so a leader
// that hangs is replaced like one that died. What nobody else may do while one leads is decided by the slot itself, and by the watermark, which is only ever
// written over the one that was read.
//
// Not thread-safe: one thread's. run() ends after stop().
class stream_leader {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // The references must outlive it. `prunes`: how fast registries are looked through.
    stream_leader(boost::asio::any_io_executor executor, net::poller& poller, const conf::settings& settings, redis::link_settings redis,
                  const mapping_table& mappings, freshness_news& news, prune_schedule::pace prunes = {});

    boost::asio::awaitable<void> run();
    void stop();
    // To be called ten times a second.
    void tick(time_point now);

private:
    using outcome = backends::outcome<void>;

    boost::asio::awaitable<void> attempt();
    boost::asio::awaitable<outcome> greet();
    boost::asio::awaitable<backends::outcome<bool>> try_lock();
    boost::asio::awaitable<void> keep_lock();
    boost::asio::awaitable<outcome> look_at_server();
    boost::asio::awaitable<outcome> stand_by();
    boost::asio::awaitable<outcome> lead();
    boost::asio::awaitable<outcome> read_rules();
    boost::asio::awaitable<outcome> ask_rules(postgres::session& aside);
    boost::asio::awaitable<void> learn_facts();
    outcome adopt(const table_facts& tables, const server_facts& server);
    boost::asio::awaitable<outcome> begin();
    boost::asio::awaitable<outcome> rebuild();
    boost::asio::awaitable<outcome> make_slot(postgres::session& aside, change_stream::snapshot& shown, change_stream::lsn& from);
    boost::asio::awaitable<backends::outcome<postgres::created_slot>> create_slot_patiently(std::string name);
    boost::asio::awaitable<outcome> wait_until_visible(change_stream::snapshot shown);
    boost::asio::awaitable<outcome> follow();
    boost::asio::awaitable<outcome> take_some();
    time_point next_step() const;
    time_point promise_due(bool is_idle) const;
    void take_in(const change_stream::transaction& each);
    boost::asio::awaitable<outcome> apply();
    boost::asio::awaitable<outcome> prune();
    boost::asio::awaitable<outcome> take_fence();
    boost::asio::awaitable<outcome> keep_flushed();
    boost::asio::awaitable<outcome> advance();
    boost::asio::awaitable<void> pause(std::chrono::milliseconds length);

    std::string server_name() const;
    std::string problem_of(const backends::failure& why) const;
    void report(std::string problem);
    time_point limit() const;

    boost::asio::any_io_executor executor_;
    const conf::settings& settings_;
    const mapping_table& mappings_;
    freshness_news& news_;
    postgres::session lock_;  // holds the lock, and has nothing else to do
    postgres::session session_;
    postgres::replication_stream stream_;
    shard shard_;
    server_clock clock_;
    postgres::slot_facts facts_;
    invalidation_rules rules_;
    applied_stream applied_;
    stream_pace pace_;
    std::vector<const mapping*> registered_;
    prune_schedule prunes_;  // of registered_
    std::vector<change_stream::transaction> taken_;
    invalidation ready_;
    std::string reported_;
    time_point next_tick_{};
    time_point next_promise_{};  // the next watermark is not due before
    time_point flushed_{};  // when a flush was forced last
    time_point rules_read_{};
    time_point facts_asked_{};
    std::chrono::microseconds look_again_{0};
    bool has_more_ = false;  // the stream's last taking left something
    int failures_ = 0;  // since something went well
    bool rules_are_old_ = false;  // a definition has changed since
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer lock_timer_;
    bool holds_lock_ = false;
    bool redis_failed_ = false;  // the failure under way is Redis'
    bool stopping_ = false;
};

}  // namespace respgres::proxy
