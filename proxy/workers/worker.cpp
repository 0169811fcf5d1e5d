#include "proxy/workers/worker.hpp"

#include "backends/net/as_values.hpp"
#include "backends/postgres/server_identity.hpp"
#include "proxy/commands/invalidation.hpp"
#include "proxy/commands/invalidation_inbox.hpp"
#include "proxy/workers/busy_poll.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <pthread.h>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds tick_period{100};

postgres::pool_settings pool_settings_of(const conf::settings& settings, std::size_t workers) {
    postgres::pool_settings pool;
    pool.url = settings.postgres.url.value;
    pool.password = settings.postgres.password;
    pool.connections = std::max<std::uint32_t>(1, settings.postgres.pool / static_cast<std::uint32_t>(workers));
    pool.pipeline_depth = settings.postgres.pipeline_depth;
    pool.max_waiting = settings.postgres.max_waiting;
    pool.connect_timeout = settings.postgres.connect_timeout;
    pool.reconnect_max = settings.postgres.reconnect_max;
    milliseconds longest{0};
    for (const auto& mapping : settings.mappings) longest = std::max(longest, mapping.fill_timeout);
    if (settings.freshness.source.value == conf::freshness_source::replication) pool.question = postgres::server_identity_sql;
    pool.statement_timeout = longest + milliseconds(1'000);   // should a cancel request get lost
    return pool;
}

redis::link_set::log_function log_changes(std::size_t worker, std::atomic<bool>& up, std::string address) {
    return [worker, &up, address = std::move(address)](bool is_up, const std::string& why) {
        up.store(is_up, std::memory_order_relaxed);
        if (worker != 0) return;   // they all have the same news
        if (is_up)
            spdlog::info("connected to Redis at {}", address);
        else
            spdlog::warn("Redis at {} cannot be reached: {}; mapped reads are answered from PostgreSQL, trying again", address, why);
    };
}

dataset_watch::event_handler log_datasets(std::size_t worker) {
    return [worker](dataset_watch::event what, const std::string& why) {
        if (worker != 0) return;   // they all have the same news
        switch (what) {
            case dataset_watch::event::replaced:
                return spdlog::info("Redis was given other data while its connections stayed: proofs begin anew with the next watermark");
            case dataset_watch::event::deaf:
                return spdlog::warn("Redis does not let the proxy watch for data that are replaced (CLIENT TRACKING): {}", why);
        }
    };
}

redis::link_set::log_function log_near_changes(std::size_t worker) {
    return [worker, was_down = false](bool is_up, const std::string& why) mutable {
        if (worker != 0) return;
        if (!is_up)
            spdlog::warn("the near cache is off, reads go to Redis: no connection with CLIENT TRACKING: {}", why);
        else if (was_down)
            spdlog::info("the near cache is on again");
        was_down = !is_up;
    };
}

postgres::pool_event_handler log_changes(std::string address) {
    return [address = std::move(address)](postgres::pool_event what, const std::string& words) {
        switch (what) {
            case postgres::pool_event::connected: return spdlog::info("connected to PostgreSQL at {}", address);
            case postgres::pool_event::connect_failed:
                return spdlog::warn("PostgreSQL at {} cannot be reached: {}; keys that Redis holds are served, trying again", address,
                                    words);
            case postgres::pool_event::connection_broken: return spdlog::warn("a connection to PostgreSQL at {} broke: {}", address, words);
        }
    };
}

}  // namespace

worker::worker(std::size_t index, std::size_t worker_count, const conf::settings& settings, const tls_contexts& tls,
               const mapping_table& mappings, const drop_rules& rules, client_registry& clients, authenticator& auth, freshness_news& news,
               const stats_hub& hub, worker_stats& stats)
    : settings_(settings),
      clients_(clients),
      auth_(auth),
      stats_(stats),
      index_(index),
      poller_(context_.get_executor()),
      links_(context_.get_executor(), poller_, settings.redis, stats.redis, log_changes(index, redis_up_, hub.redis_address), tls.redis),
      dedicated_(context_.get_executor(), poller_, settings.redis, stats.redis,
                 std::max<std::size_t>(1, settings.redis.dedicated_max / worker_count), tls.redis),
      identities_(context_.get_executor(), poller_, settings.redis, settings.auth.max_identities, stats.redis, tls.redis),
      gates_(context_.get_executor(), links_, settings, mappings, news, log_datasets(index)),
      redis_(links_.home()),
      postgres_(context_.get_executor(), pool_settings_of(settings, worker_count)),
      fills_(context_.get_executor(), redis_, postgres_, stats.mappings, watermark_name(settings.freshness.slot.value), &gates_),
      audits_(context_.get_executor(), links_.home(), postgres_, stats.mappings,
              {watermark_name(settings.freshness.slot.value), settings.freshness.audit_rate / static_cast<double>(worker_count)}),
      near_(context_.get_executor(), links_, {settings, mappings, news, worker_count}, stats.near, log_near_changes(index)),
      near_keys_(settings.near_cache),
      reads_(fills_, audits_, near_, stats.mappings),
      near_reads_(near_, links_, audits_, stats.mappings),
      drops_(links_.home(), mappings, rules, stats.rules),
      services_{context_.get_executor(),
                settings,
                mappings,
                links_,
                dedicated_,
                gates_,
                redis_,
                fills_,
                reads_,
                near_reads_,
                near_,
                near_keys_,
                drops_,
                clients,
                auth,
                identities_,
                stats,
                hub},
      tasks_(context_.get_executor()),
      router_(services_, tasks_),
      traffic_(limits_of(settings.server)),
      environment_{poller_, traffic_, router_, *this, settings.server},
      entrance_(poller_, tls.clients, settings.tls.handshake_timeout, stats.front, *this),
      clock_(context_) {
    stats.postgres = &postgres_.stats();
    if (index == 0 && settings.freshness.source.value != conf::freshness_source::replication)
        prunes_.emplace(context_.get_executor(), redis_, mappings);
    if (index == 0) postgres_.on_event(log_changes(hub.postgres_address));   // they all have the same news
}

worker::~worker() = default;

void worker::start() {
    poller_.start();
    if (!settings_.mappings.empty()) postgres_.start();
    gates_.start();
    near_.start();
    tick();
    thread_ = std::thread([this] {
        ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(index_)).c_str());
        serve();
    });
}

void worker::serve() {
    busy_poll busy(settings_.server.busy_poll);
    if (!busy.is_on()) {
        context_.run();
        return;
    }
    while (!context_.stopped()) {
        if (busy.keeps_looking(stats_.front.commands.get(), steady_clock::now()))
            context_.poll();
        else
            context_.run_one();
    }
}

void worker::join() {
    if (thread_.joinable()) thread_.join();
}

void worker::take_client(net::unique_fd socket, bool speaks_tls, client_record_ptr record) {
    client_count_.fetch_add(1, std::memory_order_relaxed);
    auto add = [this, speaks_tls, socket = std::move(socket), record = std::move(record)]() mutable {
        if (draining_) return turn_away(*record);
        record->accept(*this);
        if (speaks_tls)
            entrance_.take(std::move(socket), std::move(record));
        else
            let_in(net::channel(std::move(socket)), std::move(record));
    };
    asio::post(context_, std::move(add));
}

void worker::let_in(net::channel client, client_record_ptr record) {
    const std::uint64_t id = record->id;
    auto added = std::make_unique<session>(std::move(client), std::move(record), environment_);
    added->set_database(settings_.redis.database);
    added->set_user(auth_.initial_user());
    sessions_.add(id, std::move(added));
}

void worker::turn_away(const client_record& record) {
    client_count_.fetch_sub(1, std::memory_order_relaxed);
    clients_.remove(record.id);
}

void worker::on_closed(session& client) {
    turn_away(client.record());
    asio::post(context_, [this, id = client.record().id] { sessions_.remove(id); });
}

void worker::request_close(std::uint64_t id) {
    asio::post(context_, [this, id] { close_client(id); });
}

void worker::request_invalidation(std::uint64_t id, std::string keys) {
    asio::post(context_, [this, id, keys = std::move(keys)] { invalidate(id, keys); });
}

void worker::close_client(std::uint64_t id) {
    if (session* const found = sessions_.find(id)) return found->close_now();
    entrance_.close(id);
}

void worker::invalidate(std::uint64_t id, const std::string& keys) {
    if (session* const found = sessions_.find(id)) deliver_invalidation(*found, keys);
}

// The limits of the hot path are looked at here instead of with a timer each.
void worker::tick() {
    const auto now = steady_clock::now();
    links_.check_time_limits(now);
    identities_.tick(now);
    audits_.refill(now);
    if (prunes_ && !draining_) prunes_->tick(now);
    std::size_t bytes = 0;
    sessions_.for_each([now, &bytes](session& client) {
        client.check_time_limits(now);
        bytes += client.memory();
    });
    entrance_.check_time_limits(now);
    stats_.front.buffer_bytes.set(static_cast<std::int64_t>(bytes));
    postgres_up_.store(postgres_.is_connected(), std::memory_order_relaxed);
    clock_.expires_after(tick_period);
    clock_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) tick();
    });
}

void worker::drop_matching(std::string glob, std::function<void(backends::outcome<std::size_t>)> done) {
    auto begin = [this, glob = std::move(glob), done = std::move(done)]() mutable {
        auto ended = [done = std::move(done)](std::exception_ptr thrown, backends::outcome<std::size_t> dropped) {
            if (thrown) std::rethrow_exception(thrown);
            done(std::move(dropped));
        };
        asio::co_spawn(context_, invalidate_matching(services_, std::move(glob)), std::move(ended));
    };
    asio::post(context_, std::move(begin));
}

void worker::drain(milliseconds limit) {
    auto begin = [this, limit] {
        auto ended = [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        };
        asio::co_spawn(context_, shut_down(limit), std::move(ended));
    };
    asio::post(context_, std::move(begin));
}

asio::awaitable<void> worker::shut_down(milliseconds limit) {
    draining_ = true;
    audits_.stop();
    entrance_.close_all();
    const auto deadline = steady_clock::now() + limit;
    sessions_.for_each([](session& client) {
        if (client.state() != nullptr && client.state()->blocks())
            client.close_now();   // as Redis closes it
        else
            client.close_after_replies();
    });
    co_await wait_until_quiet(deadline);
    sessions_.for_each([](session& client) { client.close_now(); });
    // Each of these ends what still waits for it, with an error.
    gates_.stop();
    near_.stop();
    co_await postgres_.stop();
    co_await identities_.stop();
    co_await links_.stop();
    dedicated_.stop();
    constexpr milliseconds last_replies{500};
    co_await wait_until_quiet(steady_clock::now() + last_replies);
    clock_.cancel();
    poller_.stop();
}

bool worker::is_quiet() const {
    const bool prunes = prunes_ && prunes_->is_busy();
    return sessions_.empty() && fills_.flights() == 0 && !audits_.is_busy() && !prunes && tasks_.running() == 0;
}

// Until that, or until the deadline has passed.
asio::awaitable<void> worker::wait_until_quiet(steady_clock::time_point deadline) {
    asio::steady_timer pause(context_);
    while (!is_quiet() && steady_clock::now() < deadline) {
        pause.expires_after(milliseconds(5));
        co_await pause.async_wait(net::as_values);
    }
}

}  // namespace respgres::proxy
